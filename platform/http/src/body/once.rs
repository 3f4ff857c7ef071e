//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that may safely be sent again.

use axum::extract::{FromRequest, MatchedPath, Request};
use banyan_store::idempotency::IdempotencyKey;
use bytes::Bytes;
use http::{HeaderName, Method, Uri};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::{parse, read};
use crate::{FieldError, Problem, Validate};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST_KEY: usize = 255;

/// A checked body with the idempotency key that was sent along: for every POST that creates. As [`super::Body`] otherwise.
///
/// `rows.write_once(key.as_ref(), |tx| …)` gives the stored answer to the same key and body, refuses another body under the
/// key with 422 and a request whose twin still runs with 409.
#[derive(Clone, Debug)]
pub struct Once<T> {
    pub key: Option<IdempotencyKey>,
    pub body: T,
}

/// The idempotency key of a call that takes no body. It reads the body, so it cannot stand beside [`super::Body`] by mistake:
/// there it is [`Once`].
#[derive(Clone, Debug)]
pub struct Idempotency(pub Option<IdempotencyKey>);

impl<S, T> FromRequest<S> for Once<T>
where
    S: Sync,
    T: DeserializeOwned + Validate + ToSchema,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read::require_json(request.headers())?;
        let sent = Sent::of(&request)?;
        let bytes = read::bytes(request).await?;
        let body = parse(&bytes)?;
        Ok(Self { key: sent.map(|sent| sent.key(&bytes)), body })
    }
}

impl<S: Sync> FromRequest<S> for Idempotency {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let Some(sent) = Sent::of(&request)? else { return Ok(Self(None)) };
        let bytes = read::bytes(request).await?;
        Ok(Self(Some(sent.key(&bytes))))
    }
}

/// A key that was sent, and for what.
struct Sent {
    key: String,
    method: Method,
    route: Option<MatchedPath>,
    uri: Uri,
}

impl Sent {
    fn of(request: &Request) -> Result<Option<Self>, Problem> {
        let mut values = request.headers().get_all(&IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let refused = |error| Problem::invalid(IDEMPOTENCY_KEY.as_str(), error);
        if values.next().is_some() {
            return Err(refused(FieldError::duplicate()));
        }
        let key = value.as_bytes();
        if key.is_empty() {
            return Err(refused(FieldError::too_short(1)));
        }
        if key.len() > LONGEST_KEY {
            return Err(refused(FieldError::too_long(LONGEST_KEY)));
        }
        let visible = key.iter().all(u8::is_ascii_graphic);
        let key = value.to_str().ok().filter(|_| visible).ok_or_else(|| refused(FieldError::pattern()))?;
        Ok(Some(Self {
            key: key.to_owned(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            uri: request.uri().clone(),
        }))
    }

    /// Two requests are the same when path, query and body are, byte for byte.
    fn key(&self, body: &Bytes) -> IdempotencyKey {
        let route = self.route.as_ref().map_or_else(|| self.uri.path(), MatchedPath::as_str);
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        let mut request = Vec::with_capacity(target.len() + 1 + body.len());
        request.extend_from_slice(target.as_bytes());
        // No address holds this byte, so the border is certain.
        request.push(0);
        request.extend_from_slice(body);
        IdempotencyKey::new(&self.key, &format!("{} {route}", self.method), &request)
    }
}
