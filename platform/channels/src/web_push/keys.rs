//! The pair of keys by which push services know us.

use std::fmt;
use std::sync::Arc;

use banyan_kernel::{Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Deserialize;
use url::Url;

use crate::jwt::{KeyError, TokenKey};

/// A push service takes tokens of up to a day (RFC 8292, section 2).
const LIFETIME_SECONDS: i64 = 12 * 3_600;
/// Where the private key stands in PKCS #8 as `ring` writes it: 32 bytes.
const PRIVATE: std::ops::Range<usize> = 36..68;

/// The keys as the customary tools write them, in base64 without padding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VapidSettings {
    /// Given to browsers as `applicationServerKey`. Changed, all subscriptions are void.
    pub public_key: String,
    pub private_key: Secret<String>,
    /// Whom a push service asks when something is wrong: `mailto:ops@example.org`, or an `https` address.
    pub subject: String,
}

/// A fresh pair, to be written into the settings.
#[derive(Debug)]
pub struct NewVapidKeys {
    pub public_key: String,
    pub private_key: Secret<String>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct VapidKeys {
    key: Arc<TokenKey>,
    public: String,
    subject: String,
}

impl VapidKeys {
    /// # Errors
    /// When the two halves are no pair.
    pub fn new(settings: &VapidSettings) -> Result<Self, KeyError> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| KeyError::P256);
        let (public, private) = (decode(&settings.public_key)?, decode(settings.private_key.expose())?);
        let key = Arc::new(TokenKey::es256_raw(&private, &public)?);
        Ok(Self { key, public: URL_SAFE_NO_PAD.encode(public), subject: settings.subject.clone() })
    }

    /// A fresh pair.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn generate() -> Result<NewVapidKeys, KeyError> {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeyError::P256)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(|_| KeyError::P256)?;
        let (public, private) = (pair.public_key().as_ref(), document.as_ref().get(PRIVATE).ok_or(KeyError::P256)?);
        // Read back, so that a change in `ring` cannot give a wrong key.
        TokenKey::es256_raw(private, public)?;
        let private_key = Secret::new(URL_SAFE_NO_PAD.encode(private));
        Ok(NewVapidKeys { public_key: URL_SAFE_NO_PAD.encode(public), private_key })
    }

    /// For browsers: `applicationServerKey`.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// The value of `Authorization` towards that push service.
    pub(super) fn authorization(&self, endpoint: &Url, now: Timestamp) -> Result<String, KeyError> {
        let claims = serde_json::json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": now.seconds() + LIFETIME_SECONDS,
            "sub": self.subject,
        });
        Ok(format!("vapid t={}, k={}", self.key.sign(None, &claims)?, self.public))
    }
}

impl fmt::Debug for VapidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapidKeys").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_keys_are_a_pair_and_two_halves_of_others_are_not() {
        let (one, other) = (VapidKeys::generate().unwrap(), VapidKeys::generate().unwrap());
        let settings = |public: &str, private: &Secret<String>| VapidSettings {
            public_key: public.to_owned(),
            private_key: private.clone(),
            subject: "mailto:ops@example.org".into(),
        };
        assert_eq!(VapidKeys::new(&settings(&one.public_key, &one.private_key)).unwrap().public_key(), one.public_key);
        assert_eq!(VapidKeys::new(&settings(&one.public_key, &other.private_key)).unwrap_err(), KeyError::P256);
        assert_eq!(VapidKeys::new(&settings("x", &other.private_key)).unwrap_err(), KeyError::P256);
        assert!(!format!("{one:?}").contains(one.private_key.expose()));
    }
}
