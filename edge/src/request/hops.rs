//! What ends at the door: fields for one hop, and what only nodes of our own may say.

use http::header::{CONNECTION, HeaderName};
use http::{HeaderMap, HeaderValue};

use crate::fields::strip;

fn is_for_one_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "proxy-connection"
            | "proxy-authorization"
    )
}

/// What only nodes of our own say of a caller: from outside it is forged.
fn is_said_by_nodes(name: &HeaderName) -> bool {
    let text = name.as_str();
    text.starts_with("banyan-") || text.starts_with("x-banyan-") || matches!(text, "signature" | "signature-input")
}

/// Takes out of a request what would be believed if a node of ours had said it.
pub(crate) fn strip_identity(headers: &mut HeaderMap) {
    strip(headers, is_said_by_nodes);
}

/// Takes out what is meant for this hop alone (RFC 9110 §7.6.1). The body's framing is known by now.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        strip_named_by_connection(headers);
    }
    strip(headers, is_for_one_hop);
}

/// What `Connection` names goes, too, but never what says who asks and for what: else a client could take away what a
/// proxy of ours has put in.
#[cold]
fn strip_named_by_connection(headers: &mut HeaderMap) {
    let lines: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    let names = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    for name in names.filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        let ends_here =
            !matches!(name.as_str(), "host" | "content-length" | "content-type" | "authorization" | "forwarded" | "x-real-ip")
                && !name.as_str().starts_with("x-forwarded-");
        if ends_here {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_this_hop_ends_here_and_identity_does_not() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, X-Secret, authorization, x-forwarded-for"), ("x-secret", "1"), ("te", "trailers")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        headers.insert("authorization", "Bearer x".parse().unwrap());
        headers.insert("x-forwarded-for", "1.1.1.1".parse().unwrap());
        headers.insert("upgrade", "h2c".parse().unwrap());
        strip_hop_by_hop(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "x-forwarded-for"]);
    }
}
