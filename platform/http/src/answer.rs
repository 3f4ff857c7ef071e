//! Answers that handlers return beside `Json<T>`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use banyan_locale::Locale;
use http::header::{CONTENT_LANGUAGE, LOCATION, VARY};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::Problem;

/// 201 with `Location` and the new thing as JSON.
#[derive(Clone, Debug)]
pub struct Created<T> {
    pub location: String,
    pub body: T,
}

impl<T> Created<T> {
    /// `location` is the path of the new thing: `/api/v1/goals/{id}`.
    pub fn at(location: impl Into<String>, body: T) -> Self {
        Self { location: location.into(), body }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let Ok(location) = HeaderValue::try_from(self.location) else {
            return Problem::internal(&"a location is not a header value").into_response();
        };
        (StatusCode::CREATED, [(LOCATION, location)], Json(self.body)).into_response()
    }
}

/// 204.
#[derive(Clone, Copy, Debug)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// An answer that depends on the locale: says so with `Content-Language` and `Vary`.
#[derive(Clone, Copy, Debug)]
pub struct Localized<R>(pub Locale, pub R);

impl<R: IntoResponse> IntoResponse for Localized<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        mark_localized(&mut response, self.0);
        response
    }
}

/// Says in which language the answer is, and that another `Accept-Language` may give another one.
pub(crate) fn mark_localized(response: &mut Response, locale: Locale) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag()));
    let varies = headers.get_all(VARY).iter().any(|value| value.as_bytes().eq_ignore_ascii_case(b"accept-language"));
    if !varies {
        headers.append(VARY, HeaderValue::from_static("accept-language"));
    }
}
