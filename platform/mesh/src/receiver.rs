//! A node's internal door: what other nodes call. It believes nobody who has not signed, and hands the request to the service that is
//! named, in this process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_kernel::{Caller, ErrorCode, Ids, RequestId};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderName, StatusCode};
use tower::Service;

use crate::caller::{SignedCaller, Verifier};
use crate::propagate::{self, TRACEPARENT};

/// Which service a request between nodes is for. The signature's key is that service's own, so a request for one cannot be turned to
/// another.
pub static SERVICE: HeaderName = HeaderName::from_static("banyan-service");

/// The longest deadline that a caller may ask for.
const LONGEST: Duration = Duration::from_secs(300);

/// A service of this process that other nodes may call.
pub struct Offered {
    pub name: &'static str,
    pub router: Router,
    /// For the service's name.
    pub verifier: Verifier,
}

/// What else a handler expects in a request's extensions, such as the tenant's record and the locale.
pub trait Furnish: Send + Sync {
    /// The caller is verified; `parts` have it in their extensions, if it is one of a tenant.
    ///
    /// # Errors
    /// The code of the refusal, such as that of an unknown tenant.
    fn furnish(&self, caller: &SignedCaller, parts: &mut Parts) -> Result<(), ErrorCode>;
}

/// Answers other nodes. A `tower` service, cheap to clone: serve it with hyper or axum on the internal listener.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    offered: BTreeMap<&'static str, Offered>,
    names: Vec<&'static str>,
    ids: Ids,
    furnish: Option<Arc<dyn Furnish>>,
    longest: Duration,
}

impl Receiver {
    /// `actors` are the names of services that may act for themselves, here or elsewhere.
    pub fn new(offered: impl IntoIterator<Item = Offered>, actors: &[&'static str], ids: Ids) -> Self {
        let offered = offered.into_iter().map(|one| (one.name, one)).collect();
        Self(Arc::new(Inner { offered, names: actors.to_vec(), ids, furnish: None, longest: LONGEST }))
    }

    /// Adds what handlers expect besides the caller. Before it is served.
    #[must_use]
    pub fn furnished(mut self, furnish: Arc<dyn Furnish>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.furnish = Some(furnish);
        }
        self
    }

    async fn answer(self, request: Request) -> Response {
        let deadline = propagate::read(request.headers(), self.0.longest);
        let trace = request.headers().get(&TRACEPARENT).cloned();
        let (mut router, request) = match self.0.admit(request) {
            Ok(admitted) => admitted,
            Err((code, detail)) => return refused(code, &detail),
        };
        match deadline.bound(trace, router.call(request)).await {
            Some(Ok(response)) => response,
            Some(Err(never)) => match never {},
            None => refused(ErrorCode::DeadlineExceeded, "the caller waits no longer"),
        }
    }
}

impl Inner {
    /// Nothing of a request is looked at before its signature holds, but the name of the service whose key it must fit.
    fn admit(&self, request: Request) -> Result<(Router, Request), (ErrorCode, String)> {
        let (mut parts, body) = request.into_parts();
        let named = parts.headers.get(&SERVICE).and_then(|name| name.to_str().ok()).and_then(|name| self.offered.get(name));
        let offered = named.ok_or_else(|| (ErrorCode::ServiceUnknown, "no such service is offered here".to_owned()))?;
        let verified = offered.verifier.verify(&parts.method, &parts.uri, &parts.headers);
        let verified = verified.map_err(|error| {
            tracing::warn!(service = offered.name, %error, "a request of another node was refused");
            (ErrorCode::Unauthenticated, error.to_string())
        })?;
        // From here on nobody must mistake them for something that a client has said.
        parts.headers.remove(&crate::caller::CALLER);
        parts.headers.remove(&SERVICE);
        let signed = verified.caller;
        let request = RequestId(signed.request.unwrap_or_else(|| self.ids.next()));
        parts.extensions.insert(request);
        match (signed.tenant, signed.to_caller(&self.names, request)) {
            (_, Some(caller)) => {
                parts.extensions.insert::<Caller>(caller);
                parts.extensions.insert(signed.details());
            }
            (Some(_), None) => return Err((ErrorCode::Unauthenticated, "the caller is none that is known here".to_owned())),
            (None, None) => (),
        }
        if let Some(furnish) = &self.furnish {
            furnish.furnish(&signed, &mut parts).map_err(|code| (code, code.title().to_owned()))?;
        }
        Ok((offered.router.clone(), Request::from_parts(parts, body)))
    }
}

impl<B> Service<http::Request<B>> for Receiver
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (receiver, request) = (self.clone(), request.map(Body::new));
        Box::pin(async move { Ok(receiver.answer(request).await) })
    }
}

/// A problem (RFC 9457) for a program of ours, in English.
fn refused(code: ErrorCode, detail: &str) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({ "status": code.status(), "title": code.title(), "code": code.slug(), "detail": detail });
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("services", &self.0.offered.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
