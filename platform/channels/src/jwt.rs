//! Tokens that say who we are (RFC 7519), signed by ES256 or RS256 (RFC 7518).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

/// A key that signs tokens.
pub(crate) enum TokenKey {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// No key, or another kind of key. It is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("not a private key in PEM (PKCS #8)")]
    Pem,
    #[error("not a key pair of the curve P-256")]
    P256,
    #[error("not an RSA key of 2048 to 8192 bits")]
    Rsa,
}

impl TokenKey {
    pub(crate) fn es256_pem(pem: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der(), &SystemRandom::new());
        pair.map(Self::Es256).map_err(|_| KeyError::P256)
    }

    pub(crate) fn es256_raw(private: &[u8], public: &[u8]) -> Result<Self, KeyError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, public, &SystemRandom::new());
        pair.map(Self::Es256).map_err(|_| KeyError::P256)
    }

    pub(crate) fn rs256_pem(pem: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(Self::Rs256).map_err(|_| KeyError::Rsa)
    }

    /// The token with these claims; `key_id` tells the receiver which key it is.
    pub(crate) fn sign(&self, key_id: Option<&str>, claims: &Value) -> Result<String, KeyError> {
        let algorithm = match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        };
        let mut header = serde_json::json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(key_id) = key_id {
            header["kid"] = key_id.into();
        }
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Es256(pair) => pair.sign(&random, signed.as_bytes()).map_err(|_| KeyError::P256)?.as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).map_err(|_| KeyError::Rsa)?;
                signature
            }
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
