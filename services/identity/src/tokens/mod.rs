//! Access tokens: JSON Web Tokens of the profile RFC 9068 (`typ: at+jwt`), signed with Ed25519 (RFC 8037).

mod claims;
mod eddsa;
mod keyring;
mod keys;
mod legacy;

pub use claims::Claims;
pub use keyring::Keyring;
pub use keys::{KeyState, KeyStep, PrivateKey, SigningKeyInfo, plan};
pub(crate) use legacy::{LegacyClaims, LegacyTokens, expiry};
pub use legacy::{SHORTEST_SECRET, ShortSecret};

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use banyan_kernel::{Clock, ErrorCode};
use jsonwebtoken::{Algorithm, Header, Validation};

/// How long an access token lives, in seconds.
pub const LIFETIME_SECONDS: i64 = 15 * 60;
/// How far the clocks of two nodes may differ, in seconds.
pub const LEEWAY_SECONDS: i64 = 30;
/// The media type of the token, RFC 9068 §2.1.
const TYPE: &str = "at+jwt";
/// Longer texts are refused before they are decoded. A token with fifty organisations has 3 KiB.
const LONGEST: usize = 8 * 1024;

/// Signs and verifies access tokens.
pub struct Tokens {
    keyring: ArcSwap<Keyring>,
    issuer: String,
    audience: String,
    clock: Arc<dyn Clock>,
}

/// Why a token is refused. The person is told the [`ErrorCode`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not a signed access token of ours")]
    Malformed,
    #[error("signed with a key that is not known")]
    UnknownKey,
    #[error("the signature does not fit")]
    Signature,
    #[error("for another issuer or audience")]
    Audience,
    #[error("issued in the future")]
    Premature,
    #[error("expired")]
    Expired,
}

impl Refusal {
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Expired => ErrorCode::TokenExpired,
            Self::Malformed | Self::UnknownKey | Self::Signature | Self::Audience | Self::Premature => ErrorCode::InvalidToken,
        }
    }
}

/// A token could not be signed: there is no key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no key to sign with")]
pub struct SigningFailed;

impl Tokens {
    pub fn new(keyring: Keyring, issuer: String, audience: String, clock: Arc<dyn Clock>) -> Self {
        eddsa::install();
        Self { keyring: ArcSwap::from_pointee(keyring), issuer, audience, clock }
    }

    /// Puts another set of keys in place; running requests end with the one that they began with.
    pub fn replace_keyring(&self, keyring: Keyring) {
        self.keyring.store(Arc::new(keyring));
    }

    pub fn keyring(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// # Errors
    /// [`SigningFailed`] when there is no key.
    pub fn sign(&self, claims: &Claims) -> Result<String, SigningFailed> {
        let keyring = self.keyring.load();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(keyring.signing_id().to_owned());
        jsonwebtoken::encode(&header, claims, keyring.signing_key()).map_err(|_| SigningFailed)
    }

    /// Checks form, type, algorithm, key, signature, issuer, audience and times. Whether it is for the tenant at hand, and whether it
    /// was revoked, is for the caller to ask.
    ///
    /// # Errors
    /// The first [`Refusal`] found.
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let claims = self.signed(token)?;
        let now = self.clock.now();
        if claims.issued_at > now.seconds() + LEEWAY_SECONDS {
            return Err(Refusal::Premature);
        }
        if claims.is_live(now) { Ok(claims) } else { Err(Refusal::Expired) }
    }

    /// The claims of a token that we signed, whenever that was.
    fn signed(&self, token: &str) -> Result<Claims, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Malformed)?;
        if header.alg != Algorithm::EdDSA || header.crit.is_some() || !header.typ.as_deref().is_some_and(is_access_token) {
            return Err(Refusal::Malformed);
        }
        let keyring = self.keyring.load();
        let key = header.kid.as_deref().and_then(|id| keyring.verifying_key(id)).ok_or(Refusal::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &signature_only()).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => Refusal::Signature,
            _ => Refusal::Malformed,
        })?;
        let claims = claims.claims;
        if claims.issuer != self.issuer || claims.audience != self.audience {
            return Err(Refusal::Audience);
        }
        Ok(claims)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// RFC 9068 §4: `at+jwt` or `application/at+jwt`; media types do not mind case.
fn is_access_token(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("application/").unwrap_or(&kind) == TYPE
}

/// The library checks the signature; times are ours, because the clock is.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests;
