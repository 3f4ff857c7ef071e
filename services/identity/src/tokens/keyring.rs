//! The keys in use by this process, and their public half as a JWK set (RFC 7517).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Serialize;

use super::keys::{KeyState, PrivateKey};

/// One key to sign with and all that verify: the active one, the next, and those that retire.
pub struct Keyring {
    signing_id: String,
    signing_key: EncodingKey,
    verifying: Vec<(String, DecodingKey)>,
    jwks: Arc<str>,
}

/// A keyring needs exactly one active key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there is no active signing key")]
pub struct NoActiveKey;

/// RFC 8037 §2.
#[derive(Serialize)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    kid: String,
    x: String,
}

#[derive(Serialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

impl Keyring {
    /// # Errors
    /// When none of the keys is active.
    pub fn new(keys: &[(KeyState, PrivateKey)]) -> Result<Self, NoActiveKey> {
        let (_, active) = keys.iter().find(|(state, _)| *state == KeyState::Active).ok_or(NoActiveKey)?;
        let verifying = keys.iter().map(|(_, key)| (key.id(), DecodingKey::from_ed_der(&key.public()))).collect();
        Ok(Self {
            signing_id: active.id(),
            signing_key: EncodingKey::from_ed_der(active.seed()),
            verifying,
            jwks: jwk_set(keys.iter().map(|(_, key)| key)),
        })
    }

    /// The JWK set as JSON text.
    pub fn jwks(&self) -> Arc<str> {
        self.jwks.clone()
    }

    pub(super) fn signing_id(&self) -> &str {
        &self.signing_id
    }

    pub(super) fn signing_key(&self) -> &EncodingKey {
        &self.signing_key
    }

    pub(super) fn verifying_key(&self, id: &str) -> Option<&DecodingKey> {
        self.verifying.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }
}

fn jwk_set<'a>(keys: impl Iterator<Item = &'a PrivateKey>) -> Arc<str> {
    let keys = keys.map(Jwk::of).collect();
    serde_json::to_string(&JwkSet { keys }).unwrap_or_else(|_| r#"{"keys":[]}"#.to_owned()).into()
}

impl Jwk {
    fn of(key: &PrivateKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.public());
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", purpose: "sig", kid: key.id(), x }
    }
}
