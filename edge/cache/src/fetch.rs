//! Whom the cache asks.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;

/// What answers when the cache cannot. It is asked again later, without the request that is served, when a stale answer is
/// renewed; so it owns what it needs. An origin that cannot be reached answers 502, 503 or 504.
#[derive(Clone)]
pub struct Origin(Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>);

impl Origin {
    pub fn new<F, A>(fetch: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(fetch(request))))
    }

    pub(crate) async fn fetch(&self, request: Request) -> Response {
        (self.0)(request).await
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origin")
    }
}
