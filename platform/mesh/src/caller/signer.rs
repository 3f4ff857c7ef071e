//! Signing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Random};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use http::{HeaderValue, Request};
use sha2::Sha256;

use crate::receiver::SERVICE;

use super::claims::SignedCaller;
use super::key::ClusterSecret;
use super::{ALGORITHM, CALLER, CONTENT_DIGEST, COVERED, COVERED_WITH_BODY, LABEL, SIGNATURE, SIGNATURE_INPUT, signature_base};

/// How long a signature holds.
const VALID: Duration = Duration::from_secs(60);

/// Signs requests to one upstream.
pub struct Signer {
    mac: Option<Hmac<Sha256>>,
    key_id: String,
    upstream: HeaderValue,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Signer {
    pub fn new(upstream: &str, secret: &ClusterSecret, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            mac: secret.mac(upstream),
            key_id: secret.id().to_owned(),
            upstream: HeaderValue::from_str(upstream).unwrap_or(HeaderValue::from_static("")),
            clock,
            random,
        }
    }

    /// Says who calls, in place of whatever the request says. A `Content-Digest` that it has is signed, too.
    pub fn introduce<B>(&self, request: &mut Request<B>, caller: &SignedCaller) {
        self.sign(request, &caller.to_field());
    }

    pub(crate) fn sign<B>(&self, request: &mut Request<B>, caller: &HeaderValue) {
        for field in [&CALLER, &SIGNATURE, &SIGNATURE_INPUT] {
            request.headers_mut().remove(field);
        }
        let parameters = self.parameters(request.headers().contains_key(&CONTENT_DIGEST));
        let Some(signature) = self.signature(request, caller, &parameters) else { return };
        let input = HeaderValue::try_from(format!("{LABEL}={parameters}"));
        let signature = HeaderValue::try_from(format!("{LABEL}=:{signature}:"));
        if let (Ok(input), Ok(signature)) = (input, signature) {
            let headers = request.headers_mut();
            headers.insert(&SERVICE, self.upstream.clone());
            headers.insert(&CALLER, caller.clone());
            headers.insert(&SIGNATURE_INPUT, input);
            headers.insert(&SIGNATURE, signature);
        }
    }

    fn parameters(&self, with_body: bool) -> String {
        let mut nonce = [0; 16];
        self.random.fill(&mut nonce);
        let created = self.clock.now().seconds();
        let expires = created.saturating_add(VALID.as_secs().cast_signed());
        let covered = if with_body { COVERED_WITH_BODY } else { COVERED };
        let (nonce, key_id) = (BASE64_URL_SAFE_NO_PAD.encode(nonce), &self.key_id);
        format!(r#"{covered};created={created};expires={expires};nonce="{nonce}";keyid="{key_id}";alg="{ALGORITHM}""#)
    }

    fn signature<B>(&self, request: &Request<B>, caller: &HeaderValue, parameters: &str) -> Option<String> {
        let digest = request.headers().get(&CONTENT_DIGEST).and_then(|digest| digest.to_str().ok());
        let base = signature_base(request.method().as_str(), request.uri(), caller.to_str().ok()?, digest, parameters);
        let mut mac = self.mac.clone()?;
        mac.update(base.as_bytes());
        Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("upstream", &self.upstream).field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
