//! Parameters inside the path.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use banyan_kernel::ErrorCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Expected;
use crate::{FieldError, Problem};

/// The path's parameters: `Path<Uuid>`, `Path<(Uuid, i64)>` or a struct. What does not fit is answered 422 with the parameter's name.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.path().contains("%00") {
            return Err(ErrorCode::MalformedRequest.into());
        }
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(explain(parts, state, rejection).await),
        }
    }
}

#[cold]
async fn explain<S: Send + Sync>(parts: &mut Parts, state: &S, rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else {
        return Problem::internal(&"a handler takes path parameters that its route does not have");
    };
    let params = RawPathParams::from_request_parts(parts, state).await;
    let name_at = |index: usize| match &params {
        Ok(params) => params.iter().nth(index).map_or_else(String::new, |(name, _)| name.to_owned()),
        Err(_) => String::new(),
    };
    match failure.into_kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => Problem::invalid(key, mistyped(expected_type)),
        ErrorKind::ParseErrorAtIndex { index, expected_type, .. } => Problem::invalid(name_at(index), mistyped(expected_type)),
        ErrorKind::ParseError { expected_type, .. } => Problem::invalid(name_at(0), mistyped(expected_type)),
        ErrorKind::DeserializeError { key, message, .. } => Problem::invalid(key, from_message(&message)),
        ErrorKind::Message(message) => Problem::invalid(name_at(0), from_message(&message)),
        ErrorKind::InvalidUtf8InPathParam { .. } => ErrorCode::MalformedRequest.into(),
        kind => Problem::internal(&kind),
    }
}

fn mistyped(expected: &str) -> FieldError {
    match expected {
        "bool" => FieldError::wrong_type(Expected::Boolean),
        "f32" | "f64" => FieldError::wrong_type(Expected::Number),
        _ => FieldError::wrong_type(Expected::Integer),
    }
}

/// Of serde's words only the kind is used: they may hold what was sent.
fn from_message(message: &str) -> FieldError {
    if message.starts_with("UUID parsing failed") { FieldError::uuid() } else { FieldError::invalid() }
}
