//! Header fields and JSON bodies that a route changes.

use axum::body::Body;
use axum::response::Response;
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use http::HeaderValue;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName};
use http::request::Parts;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};

use crate::routes::MessageChange;
use crate::routes::body::{BodyChange, Unfit, is_json};
use crate::routes::template::Facts;

/// # Errors
/// 400 for JSON that is none, 413 for more than the template takes.
pub(super) async fn change_request(
    change: &MessageChange,
    parts: &mut Parts,
    body: Body,
    facts: &Facts<'_>,
) -> Result<Body, Problem> {
    if !change.headers.is_empty() {
        change.headers.apply(&mut parts.headers, facts);
    }
    let Some(template) = change.body.as_ref().filter(|_| is_json(&parts.headers) && !body.is_end_stream()) else {
        return Ok(body);
    };
    let limited = Limited::new(body, template.most).collect().await;
    let bytes = limited.map_err(|error| {
        let too_large = error.downcast_ref::<http_body_util::LengthLimitError>().is_some();
        Problem::new(if too_large { ErrorCode::PayloadTooLarge } else { ErrorCode::MalformedBody })
    })?;
    let changed = template.apply(&bytes.to_bytes()).map_err(|unfit| match unfit {
        Unfit::Malformed => Problem::new(ErrorCode::MalformedBody),
        Unfit::TooLarge => Problem::new(ErrorCode::PayloadTooLarge),
    })?;
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(changed.len()));
    Ok(Body::from(changed))
}

/// An answer that is no small, whole JSON keeps its body.
pub(super) async fn change_answer(change: &MessageChange, response: Response, facts: &Facts<'_>) -> Response {
    let mut response = match &change.body {
        Some(template) if is_small_json(&response, template) => changed_answer(template, response).await,
        _ => response,
    };
    if !change.headers.is_empty() {
        change.headers.apply(response.headers_mut(), facts);
    }
    response
}

fn is_small_json(response: &Response, template: &BodyChange) -> bool {
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length = response.body().size_hint().exact().or(announced);
    let small = length.is_some_and(|length| length > 0 && length <= template.most as u64);
    small && is_json(response.headers()) && !response.headers().contains_key(CONTENT_RANGE) && !response.body().is_end_stream()
}

async fn changed_answer(template: &BodyChange, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = match Limited::new(body, template.most).collect().await {
        Ok(bytes) => bytes.to_bytes(),
        Err(error) => {
            use axum::response::IntoResponse as _;
            return Problem::new(ErrorCode::ServiceUnavailable).caused_by(&error).into_response();
        }
    };
    let changed = match template.apply(&bytes) {
        Ok(changed) => changed,
        Err(unfit) => {
            tracing::debug!(%unfit, "an answer was passed on unchanged");
            return Response::from_parts(parts, Body::from(bytes));
        }
    };
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(changed.len()));
    // What describes the bytes before the change does not describe these.
    for name in [ETAG, ACCEPT_RANGES, HeaderName::from_static("content-md5"), HeaderName::from_static("digest")] {
        parts.headers.remove(name);
    }
    for name in ["content-digest", "repr-digest"] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::from(changed))
}
