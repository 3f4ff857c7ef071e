//! Pictures made smaller, of other hosts or of the one that is asked.

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use banyan_images::{FetchError, OwnPaths};
use banyan_kernel::{Caller, ErrorCode};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::Passage;
use crate::Inner;
use crate::request::address::{Peer, Security, Transport};

impl Inner {
    /// Leaves nothing of a request for an image but what makes a difference, so that the cache has one answer for all who ask.
    pub(super) fn wish_for_image(&self, request: &mut Request) {
        let Some(images) = &self.images else { return };
        let accept = images.canonical_accept(request.headers());
        let kept =
            [HOST, http::header::IF_NONE_MATCH, http::header::IF_MODIFIED_SINCE, http::header::RANGE, http::header::IF_RANGE];
        let old = std::mem::take(request.headers_mut());
        let headers = request.headers_mut();
        for name in kept {
            if let Some(value) = old.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(ACCEPT, accept);
        request.extensions_mut().remove::<Caller>();
    }

    pub(super) async fn make_image(&self, passage: &Passage, request: &Parts) -> Response {
        let Some(images) = &self.images else { return Problem::new(ErrorCode::NotFound).into_response() };
        let host = match request.uri.authority() {
            Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
            None => request.headers.get(HOST).cloned(),
        };
        let transport = match passage.client.secure {
            Security::Secure => Transport::Tls,
            Security::Plain if host.is_some() => Transport::Plain,
            // Only a request that no connection brought has no host.
            Security::Plain => Transport::InProcess,
        };
        let peer = Peer { address: (passage.client.address, 0).into(), transport };
        let own = OwnHost { door: self, host, peer };
        match images.answer(request.uri.query(), &request.headers, &own).await {
            Ok(response) => response,
            Err(error) => Problem::from(error).into_response(),
        }
    }
}

/// The host that was asked, through the whole door: by its routes, and as a stranger from the client's address.
struct OwnHost<'d> {
    door: &'d Inner,
    host: Option<HeaderValue>,
    peer: Peer,
}

#[async_trait]
impl OwnPaths for OwnHost<'_> {
    fn host(&self) -> Option<&str> {
        self.host.as_ref().and_then(|host| host.to_str().ok())
    }

    async fn fetch(&self, path: &str, largest: usize) -> Result<Bytes, FetchError> {
        let mut headers = HeaderMap::new();
        headers.extend(self.host.clone().map(|host| (HOST, host)));
        headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().map_err(|_| FetchError::NotFound)?;
        *request.headers_mut() = headers;
        let response = self.door.answer(&mut request, None, self.peer).await;
        match response.status() {
            StatusCode::OK if response.headers().contains_key(CONTENT_ENCODING) => return Err(FetchError::Status(415)),
            StatusCode::OK => {}
            // What a stranger may not see is not there.
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(FetchError::NotFound);
            }
            status => return Err(FetchError::Status(status.as_u16())),
        }
        match Limited::new(response.into_body(), largest).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(FetchError::TooLarge),
            Err(error) => Err(FetchError::Unreachable(error)),
        }
    }
}
