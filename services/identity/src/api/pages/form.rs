//! What the pages are sent: the secret of the mail, and a password where one is set.

use std::fmt;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use url::form_urlencoded::parse;
use utoipa::ToSchema;

/// More than any of these forms holds, in bytes.
const LONGEST: usize = 16 * 1024;
/// Longer secrets are none of ours.
const LONGEST_SECRET: usize = 200;

/// The secret in the page's address; empty where there is none.
pub(super) struct Link(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Link {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let token = parse(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, value)| value.into_owned());
        Ok(Self(token.filter(|token| token.len() <= LONGEST_SECRET).unwrap_or_default()))
    }
}

/// A form as the browser sends it (`application/x-www-form-urlencoded`).
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = AccountForm)]
pub(super) struct Form {
    /// The secret of the mail.
    pub(super) token: String,
    /// The password that is to be, where the page asks for one.
    #[schema(format = Password)]
    pub(super) password: String,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(***)")
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        let bytes = to_bytes(request.into_body(), LONGEST).await.map_err(|_| ErrorCode::PayloadTooLarge)?;
        let fields = MapDeserializer::<_, serde::de::value::Error>::new(parse(&bytes));
        Self::deserialize(fields).map_err(|_| ErrorCode::MalformedBody.into())
    }
}
