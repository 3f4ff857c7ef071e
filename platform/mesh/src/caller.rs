//! Who calls, said by one node of ours to another process so that it can be believed: the field [`CALLER`] and an HTTP message signature
//! (RFC 9421) over it and the request. `docs/signed-caller.md` has the exact bytes, and checks in other languages.

mod claims;
mod input;
mod key;
mod signer;
mod verifier;

use http::HeaderName;

pub use claims::{CallerDetails, SignedCaller};
pub use key::{ClusterSecret, SecretError};
pub use signer::Signer;
pub use verifier::{CallerError, Verified, Verifier};

/// The caller as JSON in base64url without padding.
pub static CALLER: HeaderName = HeaderName::from_static("banyan-caller");
pub(crate) static SIGNATURE: HeaderName = HeaderName::from_static("signature");
pub(crate) static SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
/// The digest of the body (RFC 9530); signed where a request has it.
pub(crate) static CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// The fields that only a node of ours may send. The door takes them out of every request from outside.
pub static TRUSTED_FIELDS: [HeaderName; 4] = [
    HeaderName::from_static("banyan-caller"),
    HeaderName::from_static("banyan-deadline"),
    HeaderName::from_static("banyan-service"),
    HeaderName::from_static("banyan-fallback"),
];

/// Our signature among those that a request may have.
const LABEL: &str = "banyan";
const ALGORITHM: &str = "hmac-sha256";
/// What is covered, as it stands in `Signature-Input`.
const COVERED: &str = r#"("@method" "@path" "@query" "banyan-caller")"#;
const COVERED_WITH_BODY: &str = r#"("@method" "@path" "@query" "banyan-caller" "content-digest")"#;

/// What is signed (RFC 9421 §2.5).
fn signature_base(method: &str, uri: &http::Uri, caller: &str, digest: Option<&str>, parameters: &str) -> String {
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    let query = uri.query().unwrap_or("");
    let mut base = String::with_capacity(256 + caller.len() + path.len() + query.len());
    for part in ["\"@method\": ", method, "\n\"@path\": ", path, "\n\"@query\": ?", query, "\n\"banyan-caller\": ", caller, "\n"]
    {
        base.push_str(part);
    }
    if let Some(digest) = digest {
        base.push_str("\"content-digest\": ");
        base.push_str(digest);
        base.push('\n');
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(parameters);
    base
}

#[cfg(test)]
mod tests;
