//! Bytes that are served as they are.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::{ETag, Preconditions};

/// A file in memory. Clients ask each time whether it changed.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    media_type: HeaderValue,
    bytes: Bytes,
    tag: ETag,
}

impl Asset {
    pub(super) fn new(media_type: &'static str, bytes: Bytes) -> Self {
        Self { media_type: HeaderValue::from_static(media_type), tag: ETag::of_bytes(&bytes), bytes }
    }

    /// The file, or 304 for a client that has it.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let known = Preconditions::of(headers).is_ok_and(|conditions| conditions.has(&self.tag));
        let about = [(CACHE_CONTROL, HeaderValue::from_static("no-cache")), (ETAG, self.tag.header_value())];
        if known {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        (about, [(CONTENT_TYPE, self.media_type.clone())], self.bytes.clone()).into_response()
    }
}
