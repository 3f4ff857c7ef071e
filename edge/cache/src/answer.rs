//! Answers made of what is stored.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use banyan_kernel::Timestamp;
use http::header::{ACCEPT_RANGES, AGE, CONTENT_LENGTH, CONTENT_RANGE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::conditions::{Part, is_not_modified, part_of};
use crate::encodings::StoredBody;
use crate::entry::Entry;
use crate::key::Key;
use crate::store::Store;

/// Fields that a 304 carries (RFC 9110 §15.4.5), and what says how a client got it.
const OF_NOT_MODIFIED: [&str; 8] =
    ["cache-control", "cdn-cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary"];

/// The stored answer as this request wants it: whole, a part, its head, or the word that the client has it already.
pub(crate) fn from_entry(
    entry: &Arc<Entry>,
    key: &Key,
    store: &Arc<Store>,
    request: &Parts,
    now: Timestamp,
    told: HeaderValue,
) -> Response {
    let mut response = if is_not_modified(&request.headers, entry) {
        not_modified(entry)
    } else {
        match part_of(&request.method, &request.headers, entry) {
            Part::Whole => whole(entry, key, store, &request.method),
            Part::Bytes(range) => {
                let value = format!("bytes {}-{}/{}", range.start, range.end - 1, entry.body.len());
                let mut response = of_status(entry, StatusCode::PARTIAL_CONTENT, Body::from(entry.body.slice(range.clone())));
                replace(&mut response, CONTENT_RANGE, HeaderValue::try_from(value).ok());
                replace(&mut response, CONTENT_LENGTH, Some(HeaderValue::from(range.len())));
                response
            }
            Part::Unsatisfiable => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                let value = format!("bytes */{}", entry.body.len());
                replace(&mut response, CONTENT_RANGE, HeaderValue::try_from(value).ok());
                response
            }
        }
    };
    replace(&mut response, AGE, Some(HeaderValue::from(entry.age(now))));
    tell(&mut response, told);
    response
}

fn whole(entry: &Arc<Entry>, key: &Key, store: &Arc<Store>, method: &Method) -> Response {
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(entry.body.clone()) };
    let mut response = of_status(entry, entry.status, body);
    if method == Method::HEAD && !response.headers().contains_key(CONTENT_LENGTH) {
        replace(&mut response, CONTENT_LENGTH, Some(HeaderValue::from(entry.body.len())));
    }
    if entry.status == StatusCode::OK && method == Method::GET {
        response.headers_mut().entry(ACCEPT_RANGES).or_insert(HeaderValue::from_static("bytes"));
        response.extensions_mut().insert(StoredBody::new(store, key, entry));
    }
    response
}

fn of_status(entry: &Entry, status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = entry.headers.clone();
    response
}

fn not_modified(entry: &Entry) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    for name in OF_NOT_MODIFIED.map(HeaderName::from_static) {
        for value in entry.headers.get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

fn replace(response: &mut Response, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        response.headers_mut().insert(name, value);
    }
}

/// Says on the answer what the cache did (RFC 9211). Caches before us have said theirs already.
pub(crate) fn tell(response: &mut Response, told: HeaderValue) {
    response.headers_mut().append(HeaderName::from_static("cache-status"), told);
}

/// The request may only be answered from the cache, and it is not there (RFC 9111 §5.2.1.7).
pub(crate) fn not_here() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    response
}
