//! Tokens of the system that an installation moves away from: HS256 (RFC 7518 §3.2) under a secret that both know.
//!
//! They are read by hand, not by the library: that one is given Ed25519 and nothing else, so that a token of ours can never be
//! verified by a secret.

use std::fmt;
use std::sync::Arc;

use banyan_kernel::{Clock, Secret, Timestamp, Uuid};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Sha256;

use super::{LEEWAY_SECONDS, LONGEST, Refusal};

/// RFC 7518 §3.2: a key has at least as many bytes as the digest.
pub const SHORTEST_SECRET: usize = 32;
/// The only algorithm that is taken, in exactly this spelling.
const ALGORITHM: &str = "HS256";

/// The secret has fewer bytes than [`SHORTEST_SECRET`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the legacy tokens must have at least {SHORTEST_SECRET} bytes")]
pub struct ShortSecret;

/// Verifies the other system's tokens.
pub(crate) struct LegacyTokens {
    mac: Hmac<Sha256>,
    clock: Arc<dyn Clock>,
}

/// Whom a token names. What it says of roles is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegacyClaims {
    /// Of `sub`, and of `userId` where that is another one.
    pub users: Vec<Uuid>,
    pub email: Option<String>,
    /// `tid`, if it is a text.
    pub tenant: Option<String>,
    /// Seconds since the epoch.
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    crit: Option<Value>,
}

/// Claims that only help to find the person may be of any type; a number as `sub` is passed over.
#[derive(Deserialize)]
struct Claims {
    exp: Date,
    nbf: Option<Date>,
    #[serde(default)]
    sub: Value,
    #[serde(default, rename = "userId")]
    user_id: Value,
    #[serde(default)]
    email: Value,
    #[serde(default)]
    tid: Value,
}

/// RFC 7519 §2, NumericDate: seconds since the epoch, perhaps with a fraction.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Date {
    Whole(i64),
    Fraction(f64),
}

impl Date {
    /// A fraction is cut: such a token ends less than a second earlier.
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and either end is far from now")]
    const fn seconds(self) -> i64 {
        match self {
            Self::Whole(seconds) => seconds,
            Self::Fraction(seconds) => seconds as i64,
        }
    }
}

impl LegacyTokens {
    /// # Errors
    /// [`ShortSecret`].
    pub(crate) fn new(secret: &Secret<String>, clock: Arc<dyn Clock>) -> Result<Self, ShortSecret> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < SHORTEST_SECRET {
            return Err(ShortSecret);
        }
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(bytes).map_err(|_| ShortSecret)?;
        Ok(Self { mac, clock })
    }

    /// `None` for a token whose header does not say HS256: it may be one of ours.
    pub(crate) fn verify(&self, token: &str) -> Option<Result<LegacyClaims, Refusal>> {
        if token.len() > LONGEST {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (head, body) = message.split_once('.')?;
        let header: Header = part(head)?;
        (header.alg == ALGORITHM).then(|| self.check(&header, message, body, signature))
    }

    fn check(&self, header: &Header, message: &str, body: &str, signature: &str) -> Result<LegacyClaims, Refusal> {
        if header.crit.is_some() || !header.typ.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("JWT")) {
            return Err(Refusal::Malformed);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
        let mac = self.mac.clone().chain_update(message.as_bytes());
        // Compares in constant time, and the whole digest only.
        mac.verify_slice(&signature).map_err(|_| Refusal::Signature)?;
        let claims: Claims = part(body).ok_or(Refusal::Malformed)?;
        let now = self.clock.now();
        if claims.nbf.is_some_and(|date| date.seconds() > now.seconds().saturating_add(LEEWAY_SECONDS)) {
            return Err(Refusal::Premature);
        }
        let expires_at = claims.exp.seconds();
        if expiry(expires_at) <= now {
            return Err(Refusal::Expired);
        }
        Ok(claims.named(expires_at))
    }
}

impl Claims {
    fn named(self, expires_at: i64) -> LegacyClaims {
        let mut users: Vec<Uuid> =
            [&self.sub, &self.user_id].into_iter().filter_map(|claim| claim.as_str()?.parse().ok()).collect();
        users.dedup();
        let text = |claim: Value| claim.as_str().map(str::to_owned);
        LegacyClaims { users, email: text(self.email), tenant: text(self.tid), expires_at }
    }
}

/// From then on the token is refused; the leeway for the other system's clock is added.
pub(crate) fn expiry(expires_at: i64) -> Timestamp {
    Timestamp::from_seconds(expires_at).plus_seconds(LEEWAY_SECONDS)
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

impl fmt::Debug for LegacyTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::TestClock;
    use serde_json::json;

    const NOW: i64 = 1_700_000_000;
    const SECRET: &str = "an old secret of thirty-two bytes";

    fn tokens() -> LegacyTokens {
        LegacyTokens::new(&Secret::new(SECRET.into()), Arc::new(TestClock::at(Timestamp::from_seconds(NOW)))).unwrap()
    }

    fn signed(header: &Value, claims: &Value, secret: &str) -> String {
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", text(header), text(claims));
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap().chain_update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn plain(claims: &Value) -> Option<Result<LegacyClaims, Refusal>> {
        tokens().verify(&signed(&json!({"alg": "HS256", "typ": "JWT"}), claims, SECRET))
    }

    #[test]
    fn the_signature_is_that_of_rfc_7515() {
        // RFC 7515 appendix A.1: the key, and a token that expired in 2011.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&URL_SAFE_NO_PAD.decode(key).unwrap()).unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                     eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                     dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let at = |seconds| LegacyTokens { mac: mac.clone(), clock: Arc::new(TestClock::at(Timestamp::from_seconds(seconds))) };
        assert_eq!(at(1_300_819_379).verify(token).unwrap().unwrap().expires_at, 1_300_819_380);
        assert_eq!(at(1_300_819_380 + LEEWAY_SECONDS).verify(token), Some(Err(Refusal::Expired)));
    }

    #[test]
    fn a_token_names_people_and_a_tenant() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let claims = json!({"exp": NOW + 60, "sub": one, "userId": two, "email": "a@b.co", "tid": "gym", "roles": ["owner"]});
        let named = plain(&claims).unwrap().unwrap();
        assert_eq!(named.users, [one, two]);
        assert_eq!((named.email.as_deref(), named.tenant.as_deref()), (Some("a@b.co"), Some("gym")));
        let numbers = plain(&json!({"exp": NOW as f64 + 0.5, "sub": 7, "tid": 3, "email": null})).unwrap().unwrap();
        assert_eq!(numbers, LegacyClaims { users: Vec::new(), email: None, tenant: None, expires_at: NOW });
    }

    #[test]
    fn times_are_required_and_checked() {
        assert_eq!(plain(&json!({"sub": "x"})), Some(Err(Refusal::Malformed)));
        assert_eq!(plain(&json!({"exp": "never"})), Some(Err(Refusal::Malformed)));
        assert_eq!(plain(&json!({"exp": null})), Some(Err(Refusal::Malformed)));
        for past in [NOW - LEEWAY_SECONDS, 0, i64::MIN] {
            assert_eq!(plain(&json!({"exp": past})), Some(Err(Refusal::Expired)), "{past}");
        }
        assert!(plain(&json!({"exp": i64::MAX})).unwrap().is_ok());
        let early = json!({"exp": NOW + 600, "nbf": NOW + LEEWAY_SECONDS + 1});
        assert_eq!(plain(&early), Some(Err(Refusal::Premature)));
    }

    #[test]
    fn other_headers_secrets_and_signatures_are_refused() {
        let claims = json!({"exp": NOW + 60});
        let with = |header: Value| tokens().verify(&signed(&header, &claims, SECRET));
        assert!(with(json!({"alg": "HS256"})).unwrap().is_ok(), "`typ` may be left out");
        for algorithm in ["none", "hs256", "HS384", "HS512", "EdDSA", "RS256", ""] {
            assert_eq!(with(json!({"alg": algorithm})), None, "{algorithm}");
        }
        assert_eq!(with(json!({"typ": "JWT"})), None);
        assert_eq!(with(json!({"alg": "HS256", "typ": "at+jwt"})), Some(Err(Refusal::Malformed)));
        assert_eq!(with(json!({"alg": "HS256", "crit": ["exp"]})), Some(Err(Refusal::Malformed)));
        let other = signed(&json!({"alg": "HS256"}), &claims, "another secret of thirty-two byte");
        assert_eq!(tokens().verify(&other), Some(Err(Refusal::Signature)));
        let good = signed(&json!({"alg": "HS256"}), &claims, SECRET);
        let message = good.rsplit_once('.').unwrap().0;
        assert_eq!(tokens().verify(&format!("{message}.")), Some(Err(Refusal::Signature)));
        assert_eq!(tokens().verify(&good[..good.len() - 4]), Some(Err(Refusal::Signature)), "a part of the digest");
        assert!(tokens().verify(&format!("{good}.x")).is_none_or(|result| result.is_err()));
        for broken in ["", "..", "x", "a.b.c", &"a".repeat(9_000)] {
            assert_eq!(tokens().verify(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        let clock = || Arc::new(TestClock::at(Timestamp::from_seconds(NOW)));
        assert_eq!(LegacyTokens::new(&Secret::new("a".repeat(31)), clock()).err(), Some(ShortSecret));
        assert!(LegacyTokens::new(&Secret::new("a".repeat(32)), clock()).is_ok());
    }
}
