//! Pages of other origins (the Fetch standard's CORS protocol). Off unless origins are listed. No credentials: pages of
//! other origins send a bearer token, never a cookie.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::fields::strip;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/// What a page may read beside the body.
const EXPOSED: &str = "content-language, etag, location, retry-after, ratelimit, ratelimit-policy, x-request-id, traceparent, api-version, deprecation, sunset";
/// Never in a list of the settings, which name each origin.
static ANY: HeaderValue = HeaderValue::from_static("*");
/// Two hours, the longest that browsers keep.
const MAX_AGE: &str = "7200";

/// Who may call from elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cors {
    pub(crate) origins: Vec<HeaderValue>,
    pub(crate) methods: HeaderValue,
    /// Header fields that a page may send; none: whatever it asks for.
    pub(crate) headers: Option<HeaderValue>,
    pub(crate) exposed: HeaderValue,
    pub(crate) max_age: HeaderValue,
    pub(crate) credentials: Credentials,
}

/// Whether a page may send cookies along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    Refused,
    Allowed,
}

impl Cors {
    /// The origins were checked with the settings.
    pub(crate) fn new(origins: &[String]) -> Self {
        Self::of(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect())
    }

    /// With what is usual for everything but the origins.
    pub(crate) fn of(origins: Vec<HeaderValue>) -> Self {
        Self {
            origins,
            methods: HeaderValue::from_static(METHODS),
            headers: None,
            exposed: HeaderValue::from_static(EXPOSED),
            max_age: HeaderValue::from_static(MAX_AGE),
            credentials: Credentials::Refused,
        }
    }

    /// Pages of any origin. They show a token that is meant to be known to everybody who opens the page, and never a cookie.
    pub(crate) fn anyone() -> Self {
        Self::of(vec![ANY.clone()])
    }

    /// The answer to a browser that asks beforehand.
    pub(crate) fn preflight(&self, parts: &Parts) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if parts.headers.get(ORIGIN).is_some_and(|origin| self.admits(origin)) {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
            let wanted = self.headers.as_ref().or_else(|| parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS));
            if let Some(wanted) = wanted {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
        response
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.origins.is_empty()
    }

    fn are_all(&self) -> bool {
        self.origins.contains(&ANY)
    }

    fn admits(&self, origin: &HeaderValue) -> bool {
        self.are_all() || self.origins.contains(origin)
    }

    /// Marks the answer for the page of that origin, if it is on the list. With a list, every answer depends on who asks.
    pub(crate) fn apply(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.origins.is_empty() {
            return;
        }
        if self.are_all() {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
            return;
        }
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin.filter(|origin| self.origins.contains(origin)) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
            if self.credentials == Credentials::Allowed {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
        }
    }
}

/// Whether a browser asks beforehand, and for which method.
pub(crate) fn asks_beforehand(parts: &Parts) -> Option<Method> {
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(ORIGIN) {
        return None;
    }
    Method::from_bytes(parts.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// What an upstream says about other origins, where the door decides.
pub(crate) fn forget(headers: &mut HeaderMap) {
    strip(headers, |name| name.as_str().starts_with("access-control-"));
}
