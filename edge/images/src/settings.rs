//! What may be fetched, and how much may be done with it.

use std::str::FromStr;
use std::time::Duration;

use url::{Host, Url};

/// How images are made. All limits hold for each image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSettings {
    /// Where sources may come from. Empty: from no other host.
    pub hosts: Vec<AllowedHost>,
    /// Below which paths of the host that is asked they may lie. Empty: below none.
    pub folders: Vec<OwnFolder>,
    /// When the request names none, 1 to 100.
    pub quality: u8,
    /// The longest source, in bytes.
    pub largest_source: usize,
    /// The largest source, in pixels, before anything is decoded.
    pub largest_pixels: u64,
    /// What decoding may take, in bytes.
    pub decoding_memory: u64,
    pub fetch_deadline: Duration,
    /// For waiting for a free worker, and again for the work.
    pub work_deadline: Duration,
    /// Images that are worked on at once. Each takes up to `decoding_memory` twice.
    pub at_once: usize,
    /// Images that wait for their turn or their source; more are refused.
    pub waiting: usize,
    pub avif: Avif,
    /// How long a result is fresh for caches.
    pub lifetime: Duration,
}

impl Default for ImageSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            folders: Vec::new(),
            quality: 75,
            largest_source: 20 * 1024 * 1024,
            largest_pixels: 40_000_000,
            decoding_memory: 256 * 1024 * 1024,
            fetch_deadline: Duration::from_secs(10),
            work_deadline: Duration::from_secs(10),
            at_once: 2,
            waiting: 64,
            avif: Avif::Off,
            lifetime: Duration::from_secs(3_600),
        }
    }
}

impl ImageSettings {
    /// The entry of the allow-list that lets this address in.
    pub(crate) fn allows(&self, source: &Url) -> Option<&AllowedHost> {
        self.hosts.iter().find(|host| host.admits(source))
    }

    /// Whether a path of the host that is asked may be fetched.
    pub(crate) fn allows_own(&self, path: &str) -> bool {
        self.folders.iter().any(|folder| path.starts_with(&*folder.0))
    }

    /// Whether there is anything that an image could be made of.
    pub fn is_open(&self) -> bool {
        !self.hosts.is_empty() || !self.folders.is_empty()
    }
}

/// A folder of the host that is asked: `/media/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFolder(Box<str>);

/// The text names no folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no folder: write `/media/`, which begins and ends with a slash")]
pub struct InvalidFolder(String);

impl FromStr for OwnFolder {
    type Err = InvalidFolder;

    fn from_str(text: &str) -> Result<Self, InvalidFolder> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
        let inner = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let good = inner.is_some_and(|inner| inner.split('/').all(|one| !matches!(one, "" | "." | "..")));
        if plain && good && text.len() <= 200 {
            Ok(Self(text.into()))
        } else {
            Err(InvalidFolder(text.chars().take(100).collect()))
        }
    }
}

/// Whether AVIF is made. Its files are a third smaller than WebP's and take some fifty times the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Avif {
    Off,
    /// For results of up to so many pixels; larger ones become WebP. `speed`: 1 (small) to 10 (fast).
    UpTo {
        pixels: u32,
        speed: u8,
    },
}

/// How far an address may point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only addresses of the open internet.
    Public,
    /// Also those of private networks and of this machine: the operator says that what is there may be seen.
    Private,
}

/// A host that sources may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    with_subdomains: bool,
    /// `None`: 80 and 443, by the scheme.
    port: Option<u16>,
    pub reach: Reach,
}

/// The text names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host: write `images.example.org`, `*.example.org` or `localhost:9000`, without scheme and path")]
pub struct InvalidHost(String);

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    /// `images.example.org`, `*.example.org` (its subdomains, not itself), `localhost:9000`.
    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost(text.chars().take(100).collect());
        let bare = text.strip_prefix("*.").unwrap_or(text);
        // The port first, as parsing drops one that the scheme has anyway.
        let url = Url::parse(&format!("ftp://{bare}/")).map_err(|_| invalid())?;
        let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none() && !bare.contains(['/', '?', '#']);
        let name = Url::parse(&format!("http://{bare}/")).ok().and_then(|url| url.host_str().map(str::to_owned));
        let name = name.filter(|_| plain && !bare.contains('*')).ok_or_else(invalid)?;
        Ok(Self { name, with_subdomains: bare.len() != text.len(), port: url.port(), reach: Reach::Public })
    }
}

impl AllowedHost {
    #[must_use]
    pub const fn reaching(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    fn admits(&self, source: &Url) -> bool {
        let right_port = self.port.map_or_else(|| source.port().is_none(), |port| source.port_or_known_default() == Some(port));
        let Some(host) = source.host_str() else { return false };
        let named = if self.with_subdomains {
            let below = host.strip_suffix(&self.name).and_then(|rest| rest.strip_suffix('.'));
            matches!(source.host(), Some(Host::Domain(_))) && below.is_some_and(|label| !label.is_empty())
        } else {
            host == self.name
        };
        named && right_port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(host: &str, source: &str) -> bool {
        host.parse::<AllowedHost>().unwrap().admits(&Url::parse(source).unwrap())
    }

    #[test]
    fn folders_are_whole_and_plain() {
        let settings = ImageSettings { folders: vec!["/media/".parse().unwrap()], ..ImageSettings::default() };
        assert!(settings.allows_own("/media/a.png") && settings.is_open());
        for path in ["/mediate/a.png", "/media", "/other/media/a", "/Media/a"] {
            assert!(!settings.allows_own(path), "{path}");
        }
        for text in ["", "/", "//", "media/", "/media", "/a//b/", "/a/../b/", "/./", "/a b/", "/a%2e/", "/a?x/", "http://a/"] {
            assert!(text.parse::<OwnFolder>().is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_admit_what_they_name() {
        assert!(admits("img.example.org", "https://IMG.example.org/a.png"));
        assert!(admits("img.example.org", "http://img.example.org:80/a.png"));
        assert!(admits("*.example.org", "https://a.b.example.org/x"));
        assert!(admits("localhost:9000", "http://localhost:9000/x"));
        assert!(admits("127.0.0.1:80", "http://127.0.0.1/x"));
        for (host, source) in [
            ("example.org", "https://img.example.org/"),
            ("*.example.org", "https://example.org/"),
            ("*.example.org", "https://badexample.org/"),
            ("*.example.org", "https://example.org.evil.net/"),
            ("example.org", "https://example.org:8443/"),
            ("example.org", "https://example.org@evil.net/"),
            ("localhost:9000", "http://localhost/"),
            ("example.org", "https://example.org./"),
        ] {
            assert!(!admits(host, source), "{host} {source}");
        }
        for text in ["", "https://a.org", "a.org/x", "u@a.org", "*", "*.", "a.*.org", "a b"] {
            assert!(text.parse::<AllowedHost>().is_err(), "{text}");
        }
    }
}
