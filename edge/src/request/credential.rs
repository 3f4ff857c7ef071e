//! Who asks. A bearer token is verified once and remembered until it expires; whether it was revoked is asked each time.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use banyan_kernel::{Caller, Clock, ErrorCode, RequestId, Timestamp, Uuid};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use quick_cache::sync::Cache;

/// Longer tokens are refused unread, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// The same of keys, in bytes.
const LONGEST_KEY: usize = 200;

/// How many verified tokens are remembered: one a session, so at most as many sessions are quick.
const MOST_REMEMBERED: u64 = 20_000;

/// Verifies what a request presents. Identity does it; the server hands it to the door.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Checks all that stays true of a bearer token: form, signature, issuer, audience, tenant, times.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] or [`ErrorCode::TokenExpired`]; [`ErrorCode::ServiceUnavailable`] when it cannot be known now.
    async fn authenticate(&self, token: &str) -> Result<Arc<dyn Credential>, ErrorCode>;
}

/// A token that was verified. Asked at each request, so nothing here may wait.
pub trait Credential: Send + Sync {
    fn tenant(&self) -> Uuid;

    fn caller(&self, request: RequestId) -> Caller;

    /// From then on it counts no longer, and the token is verified anew. A leeway for other nodes' clocks is added already.
    fn expires(&self) -> Timestamp;

    /// The session was ended, or the person's rights have changed since it was issued.
    fn is_revoked(&self) -> bool;

    /// The plan by which requests with this credential are limited; none where none is known.
    fn plan(&self) -> Option<Arc<str>> {
        None
    }

    /// Whether it counts when it comes from there.
    fn counts_from(&self, _: IpAddr) -> bool {
        true
    }

    /// The language that the person has chosen, as it is now; none until she did.
    fn language(&self) -> Option<Arc<str>>;
}

/// Nobody can sign in: for an installation without identity, and for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCredentials;

#[async_trait]
impl Authenticate for NoCredentials {
    async fn authenticate(&self, _: &str) -> Result<Arc<dyn Credential>, ErrorCode> {
        Err(ErrorCode::InvalidToken)
    }
}

/// Verifies credentials, and remembers those that were good.
pub(crate) struct Credentials {
    authenticate: Arc<dyn Authenticate>,
    clock: Arc<dyn Clock>,
    remembered: Cache<Box<str>, Arc<dyn Credential>>,
}

impl Credentials {
    pub(crate) fn new(authenticate: Arc<dyn Authenticate>, clock: Arc<dyn Clock>) -> Self {
        // It begins small and grows; an estimate of its full size would be allocated at once.
        let remembered = Cache::with_weighter(1_024, MOST_REMEMBERED, quick_cache::UnitWeighter);
        Self { authenticate, clock, remembered }
    }

    /// Whether the request presents anything that would have to be verified.
    pub(crate) fn are_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(AUTHORIZATION) || headers.contains_key(&X_API_KEY)
    }

    /// The credential that the request presents, if it was verified already and still counts.
    pub(crate) fn remembered(&self, headers: &HeaderMap) -> Option<Arc<dyn Credential>> {
        self.known(presented(headers).ok()??)
    }

    /// The credential that the request presents, if it presents one.
    ///
    /// # Errors
    /// The code of the 401 for one that is malformed, forged, expired or revoked.
    pub(crate) async fn of(&self, headers: &HeaderMap) -> Result<Option<Arc<dyn Credential>>, ErrorCode> {
        let Some(token) = presented(headers)? else { return Ok(None) };
        let credential = match self.known(token) {
            Some(known) => known,
            None => self.verify(token).await?,
        };
        if self.clock.now() >= credential.expires() {
            self.remembered.remove(token);
            return Err(ErrorCode::TokenExpired);
        }
        if credential.is_revoked() {
            self.remembered.remove(token);
            return Err(ErrorCode::InvalidToken);
        }
        Ok(Some(credential))
    }

    /// One that has expired, or of which something has changed, is forgotten: the token may outlive what was verified of it, so it is
    /// verified anew.
    fn known(&self, token: &str) -> Option<Arc<dyn Credential>> {
        let known = self.remembered.get(token)?;
        if self.clock.now() < known.expires() && !known.is_revoked() {
            return Some(known);
        }
        self.remembered.remove(token);
        None
    }

    async fn verify(&self, token: &str) -> Result<Arc<dyn Credential>, ErrorCode> {
        let credential = self.authenticate.authenticate(token).await?;
        self.remembered.insert(token.into(), credential.clone());
        Ok(credential)
    }
}

/// The header of API keys, for programs that keep `Authorization` for something else.
static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The one credential of a request. Two are none: which of them was meant cannot be known.
fn presented(headers: &HeaderMap) -> Result<Option<&str>, ErrorCode> {
    let mut keys = headers.get_all(&X_API_KEY).iter();
    let Some(key) = keys.next() else { return bearer(headers) };
    let alone = keys.next().is_none() && !headers.contains_key(AUTHORIZATION);
    let text = key.to_str().map_err(|_| ErrorCode::InvalidToken)?.trim();
    let plain = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if alone && plain { Ok(Some(text)) } else { Err(ErrorCode::InvalidToken) }
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ErrorCode> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(ErrorCode::InvalidToken);
    }
    let text = line.to_str().map_err(|_| ErrorCode::InvalidToken)?;
    let (scheme, token) = text.split_once(' ').ok_or(ErrorCode::InvalidToken)?;
    let token = token.trim_matches(' ');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let good =
        scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= LONGEST_TOKEN && token.bytes().all(plain);
    if good { Ok(Some(token)) } else { Err(ErrorCode::InvalidToken) }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("remembered", &self.remembered.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_and_everything_else_refused() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(|token| token.map(str::to_owned))
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["Bearer abc.def-_=="]), Ok(Some("abc.def-_==".into())));
        assert_eq!(of(&["bearer  abc"]), Ok(Some("abc".into())));
        for bad in ["", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearer a b", "Bearer a\"b", "abc", "Bearer\tabc"] {
            assert_eq!(of(&[bad]), Err(ErrorCode::InvalidToken), "{bad}");
        }
        assert_eq!(of(&["Bearer a", "Bearer b"]), Err(ErrorCode::InvalidToken));
        assert_eq!(of(&[&format!("Bearer {}", "a".repeat(9_000))]), Err(ErrorCode::InvalidToken));
    }
}
