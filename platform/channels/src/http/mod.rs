//! HTTP outwards: one request, one answer, bounded in time and size.

mod client;
mod connection;
mod pool;
mod retry_after;
mod settings;
mod verdict;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::attempt::Reason;

pub use client::{HttpClient, HttpClientError};
pub use settings::HttpSettings;
pub use verdict::Verdict;
pub(crate) use verdict::unanswered;

/// A request to somebody else's server.
#[derive(Clone, Debug)]
pub struct OutboundRequest {
    pub method: Method,
    pub url: Url,
    /// `Host`, `Content-Length` and `User-Agent` are written by the client.
    pub headers: HeaderMap,
    pub body: Bytes,
    /// For the whole: name, connection, answer with its body. Not set: [`HttpSettings::deadline`].
    pub deadline: Option<Duration>,
}

impl OutboundRequest {
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, url, headers: HeaderMap::new(), body: body.into(), deadline: None }
    }
}

/// What came back. Redirects come back as they are: nobody follows them.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The first [`HttpSettings::longest_answer`] bytes, or what of them came in time.
    pub body: Bytes,
}

/// The way out, handed in, so that a test can stand in for the world.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// # Errors
    /// When there is no whole answer: an address that is refused, no connection, the deadline. Any status is an answer.
    async fn exchange(&self, request: OutboundRequest) -> Result<Answer, Reason>;
}
