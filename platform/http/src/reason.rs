//! Why somebody looks beyond their own rows: `X-Reason`.

use axum::extract::FromRequestParts;
use http::HeaderName;
use http::request::Parts;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::{FieldError, Problem};

static X_REASON: HeaderName = HeaderName::from_static("x-reason");
const LONGEST: usize = 500;

/// The reason as given; `None` where it was left out, which the audit record then says.
///
/// The header is UTF-8, or percent-encoded UTF-8, because browsers refuse to send letters beyond Latin 1. At most 500 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason(pub Option<String>);

impl Reason {
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for Reason {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(&X_REASON) else { return Ok(Self(None)) };
        let refused = |error| Problem::invalid(X_REASON.as_str(), error);
        let text = std::str::from_utf8(value.as_bytes()).map_err(|_| refused(FieldError::pattern()))?;
        let text = decoded(text);
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(refused(FieldError::control_characters()));
        }
        if text.chars().nth(LONGEST).is_some() {
            return Err(refused(FieldError::too_long(LONGEST)));
        }
        Ok(Self(Some(text.to_owned()).filter(|text| !text.is_empty())))
    }
}

/// For `#[utoipa::path(params(Reason))]`.
impl IntoParams for Reason {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST));
        let parameter = ParameterBuilder::new().name("X-Reason").parameter_in(ParameterIn::Header).required(Required::False);
        let description = "Why the caller looks at somebody else's rows, for the audit record. UTF-8, percent-encoded where the client needs it.";
        vec![parameter.description(Some(description)).schema(Some(schema)).build()]
    }
}

/// Percent-decoded where that gives UTF-8; a plain text with a percent sign stays as it is.
fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    // `+` is a plus sign in a header.
    let escaped = text.replace('+', "%2B");
    match crate::query::decode(&escaped) {
        Ok(decoded) => decoded.into_owned().into(),
        Err(_) => text.into(),
    }
}
