//! Keys as people copy them: `whsec_…` for both ends, or `whsk_…` here and `whpk_…` there.

use std::fmt;
use std::str::FromStr;

use banyan_kernel::{Random, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

const SHARED: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";
/// In bytes, as the specification says.
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// The text is no key. It is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookKeyError {
    #[error("a key begins with `whsec_` (shared), `whsk_` (private) or `whpk_` (public)")]
    Prefix,
    #[error("behind its beginning a key is base64")]
    Base64,
    #[error("a shared key has 24 to 64 bytes")]
    Length,
    #[error("not a key pair of Ed25519")]
    Pair,
}

/// Signs. A shared key (HMAC-SHA256, `v1`) also verifies; of a pair (Ed25519, `v1a`) the receiver has the public half only.
#[derive(Clone)]
pub struct SigningKey(Kind);

#[derive(Clone)]
enum Kind {
    Shared(Vec<u8>),
    Pair([u8; 32]),
}

impl SigningKey {
    /// A new shared key of 32 bytes.
    pub fn shared(random: &dyn Random) -> Self {
        Self(Kind::Shared(seed(random).to_vec()))
    }

    /// A new pair.
    pub fn pair(random: &dyn Random) -> Self {
        Self(Kind::Pair(seed(random)))
    }

    /// As it is stored, sealed, and shown once.
    pub fn reveal(&self) -> Secret<String> {
        Secret::new(match &self.0 {
            Kind::Shared(bytes) => format!("{SHARED}{}", STANDARD.encode(bytes)),
            Kind::Pair(seed) => format!("{PRIVATE}{}", STANDARD.encode(seed)),
        })
    }

    /// What the receiver verifies with: the same text for a shared key, the public half of a pair.
    pub fn verifying(&self) -> Result<VerifyingKey, WebhookKeyError> {
        Ok(VerifyingKey(match &self.0 {
            Kind::Shared(bytes) => Other::Shared(bytes.clone()),
            Kind::Pair(seed) => Other::Public(ed25519(seed)?.public_key().as_ref().to_vec()),
        }))
    }

    /// One entry of `webhook-signature`.
    pub(super) fn sign(&self, content: &[u8]) -> Result<String, WebhookKeyError> {
        Ok(match &self.0 {
            Kind::Shared(bytes) => {
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), content);
                format!("v1,{}", STANDARD.encode(tag))
            }
            Kind::Pair(seed) => format!("v1a,{}", STANDARD.encode(ed25519(seed)?.sign(content))),
        })
    }
}

impl FromStr for SigningKey {
    type Err = WebhookKeyError;

    fn from_str(text: &str) -> Result<Self, WebhookKeyError> {
        if let Some(rest) = text.strip_prefix(SHARED) {
            return shared(rest).map(|bytes| Self(Kind::Shared(bytes)));
        }
        let bytes = decode(text.strip_prefix(PRIVATE).ok_or(WebhookKeyError::Prefix)?)?;
        // Some write the public half behind the seed.
        let (seed, public) = bytes.split_first_chunk::<32>().ok_or(WebhookKeyError::Pair)?;
        let pair = ed25519(seed)?;
        if !public.is_empty() && pair.public_key().as_ref() != public {
            return Err(WebhookKeyError::Pair);
        }
        Ok(Self(Kind::Pair(*seed)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// Verifies.
#[derive(Clone)]
pub struct VerifyingKey(Other);

#[derive(Clone)]
enum Other {
    Shared(Vec<u8>),
    Public(Vec<u8>),
}

impl VerifyingKey {
    /// The public half of a pair as `whpk_…`, which is no secret; `None` for a shared key.
    pub fn public(&self) -> Option<String> {
        match &self.0 {
            Other::Shared(_) => None,
            Other::Public(bytes) => Some(format!("{PUBLIC}{}", STANDARD.encode(bytes))),
        }
    }

    /// Whether an entry of `webhook-signature` is by this key, in time that does not depend on the signature.
    pub(super) fn accepts(&self, entry: &str, content: &[u8]) -> bool {
        let Some((version, signature)) = entry.split_once(',') else { return false };
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        match (&self.0, version) {
            (Other::Shared(bytes), "v1") => hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, bytes), content, &signature).is_ok(),
            (Other::Public(bytes), "v1a") => UnparsedPublicKey::new(&ED25519, bytes).verify(content, &signature).is_ok(),
            _ => false,
        }
    }
}

impl FromStr for VerifyingKey {
    type Err = WebhookKeyError;

    fn from_str(text: &str) -> Result<Self, WebhookKeyError> {
        if let Some(rest) = text.strip_prefix(SHARED) {
            return shared(rest).map(|bytes| Self(Other::Shared(bytes)));
        }
        let bytes = decode(text.strip_prefix(PUBLIC).ok_or(WebhookKeyError::Prefix)?)?;
        if bytes.len() == 32 { Ok(Self(Other::Public(bytes))) } else { Err(WebhookKeyError::Pair) }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(***)")
    }
}

fn seed(random: &dyn Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes
}

fn shared(text: &str) -> Result<Vec<u8>, WebhookKeyError> {
    let bytes = decode(text)?;
    if (SHORTEST..=LONGEST).contains(&bytes.len()) { Ok(bytes) } else { Err(WebhookKeyError::Length) }
}

fn decode(text: &str) -> Result<Vec<u8>, WebhookKeyError> {
    STANDARD.decode(text).map_err(|_| WebhookKeyError::Base64)
}

fn ed25519(seed: &[u8; 32]) -> Result<Ed25519KeyPair, WebhookKeyError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| WebhookKeyError::Pair)
}
