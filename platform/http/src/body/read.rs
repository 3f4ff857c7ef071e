//! Getting a body's bytes, within its limits.

use axum::extract::Request;
use banyan_kernel::ErrorCode;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Extensions, HeaderMap};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::Problem;
use crate::problem::Argument;

/// 1 MiB.
pub const DEFAULT_LIMIT: usize = 1 << 20;

/// How many bytes a body may have. Put it on a route: `.layer(axum::Extension(BodyLimit(64 * 1024)))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    fn of(extensions: &Extensions) -> usize {
        extensions.get::<Self>().map_or(DEFAULT_LIMIT, |limit| limit.0)
    }
}

/// `application/json`, or a type built on it (`application/problem+json`), in UTF-8.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if value.is_some_and(is_json) { Ok(()) } else { Err(ErrorCode::UnsupportedMediaType.into()) }
}

fn is_json(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let json = essence.eq_ignore_ascii_case("application/json") || is_structured_json(essence);
    json && parts.filter(|part| !part.is_empty()).all(is_harmless_parameter)
}

/// `application/<subtype>+json` (RFC 6839).
fn is_structured_json(essence: &str) -> bool {
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let (Some(name), Some(suffix)) =
        (subtype.len().checked_sub(5).and_then(|at| subtype.get(..at)), subtype.get(subtype.len().saturating_sub(5)..))
    else {
        return false;
    };
    let token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case("+json") && !name.is_empty() && token
}

/// JSON is UTF-8 (RFC 8259 §8.1); other parameters change nothing.
fn is_harmless_parameter(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

/// All bytes of the body.
pub(super) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    let limit = BodyLimit::of(request.extensions());
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        // The connection broke or its framing is wrong; nobody is there to read the details.
        Err(_) => Err(ErrorCode::MalformedRequest.into()),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(ErrorCode::PayloadTooLarge).detail_message("payload-too-large-limit", [("limit", Argument::from(limit))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/merge-patch+json",
            "application/json;",
            "application/json; version=1",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "text/json",
            "application/jsonp",
            "application/+json",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "json",
            "application/a b+json",
            "application/json, text/plain",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_media_type_is_judged_without_panic(text in ".{0,60}") {
            let _ = is_json(&text);
        }
    }
}
