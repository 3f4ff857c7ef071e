//! By what all images that were made of one source are known.

use sha2::{Digest as _, Sha256};
use url::Url;

/// The cache's tag of images whose source lies at `address`: a host with its path, with or without a scheme. All queries of one path are one
/// source, and so are its plain and its encrypted address. None for what is no address.
pub fn source_tag(address: &str) -> Option<String> {
    let whole = if address.contains("://") { Url::parse(address) } else { Url::parse(&format!("http://{address}")) };
    let url = whole.ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    let port = url.port().filter(|port| ![80, 443].contains(port)).map(|port| format!(":{port}")).unwrap_or_default();
    let digest = Sha256::digest(format!("{host}{port}{}", url.path()));
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("image-of-{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_has_one_tag_in_every_spelling() {
        let tag = source_tag("https://cdn.example.org/boats/1.jpg").unwrap();
        for same in
            ["cdn.example.org/boats/1.jpg", "http://CDN.example.org:80/boats/1.jpg?v=2", "cdn.example.org:443/boats/1.jpg#x"]
        {
            assert_eq!(source_tag(same).as_ref(), Some(&tag), "{same}");
        }
        for other in
            ["cdn.example.org/boats/1.jpeg", "cdn.example.org:8080/boats/1.jpg", "example.org/boats/1.jpg", "cdn.example.org/"]
        {
            assert_ne!(source_tag(other).as_ref(), Some(&tag), "{other}");
        }
        assert_eq!(source_tag("http://"), None);
        assert!(tag.len() <= 128 && tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
    }
}
