//! The cluster's secret, and the keys that come from it.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What HKDF mixes in, before the upstream's name.
const CALLER_KEY: &[u8] = b"banyan caller v1 ";
const KEY_ID: &[u8] = b"banyan keyid v1";

/// A secret that all nodes of a cluster share. While it is being replaced, verifiers know two.
#[derive(Clone)]
pub struct ClusterSecret {
    bytes: Zeroizing<Vec<u8>>,
    id: String,
}

/// The secret is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cluster secret has {0} bytes; it needs at least {least}, as `openssl rand -base64 48` makes them", least = ClusterSecret::LEAST_BYTES)]
pub struct SecretError(usize);

impl ClusterSecret {
    pub const LEAST_BYTES: usize = 32;

    /// # Errors
    /// When it has fewer than [`ClusterSecret::LEAST_BYTES`].
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.len() < Self::LEAST_BYTES {
            return Err(SecretError(bytes.len()));
        }
        let mut id = [0; 4];
        expand(bytes, &[KEY_ID], &mut id);
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes: Zeroizing::new(bytes.to_vec()), id })
    }

    /// Eight hexadecimal digits that tell secrets apart and give nothing of them away: the `keyid` of signatures.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key of one upstream, which its owner gets: HKDF-SHA256 without salt, `info` = `banyan caller v1 <upstream>`. It
    /// signs for this upstream alone and tells nothing of the secret or the other keys.
    pub fn upstream_key(&self, upstream: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        expand(&self.bytes, &[CALLER_KEY, upstream.as_bytes()], &mut *key);
        key
    }

    pub(super) fn mac(&self, upstream: &str) -> Option<Hmac<Sha256>> {
        Hmac::new_from_slice(&*self.upstream_key(upstream)).ok()
    }
}

/// RFC 5869. Fails only for more than 255 × 32 bytes, which nobody asks for.
fn expand(secret: &[u8], info: &[&[u8]], key: &mut [u8]) {
    let _ = Hkdf::<Sha256>::new(None, secret).expand_multi_info(info, key);
}

impl fmt::Debug for ClusterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterSecret").field("id", &self.id).finish_non_exhaustive()
    }
}
