//! The one place where problems get their words: also for axum's own refusals, unknown routes and panics.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::application::Application;
use banyan_kernel::{Actor, Caller, ErrorCode, RequestId, Uuid};
use banyan_locale::{Catalogues, Locale};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Extensions, HeaderValue, Method, StatusCode, Uri};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Problem, Unrendered, Verbatim, text};
use crate::answer::mark_localized;
use crate::language::locale_of;
use crate::tenant::Tenant;

/// The media type of RFC 9457.
static PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// Answers to somebody who is signed in are theirs alone.
static PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Gives problems their localized body and every answer its cautious `Cache-Control`. Applied twice, the inner one wins.
///
/// Reads [`RequestId`], `Negotiated`, [`Tenant`] and [`Caller`] from the request's extensions.
pub fn render_problems(catalogues: Arc<Catalogues>) -> RenderProblems {
    RenderProblems { catalogues }
}

/// See [`render_problems`].
#[derive(Clone, Debug)]
pub struct RenderProblems {
    catalogues: Arc<Catalogues>,
}

impl RenderProblems {
    /// For who needs no service: what has to be known of the request when its answer comes.
    pub fn of(&self, request: &Request) -> Rendered {
        Rendered(About::of(request, &self.catalogues))
    }
}

/// See [`RenderProblems::of`].
pub struct Rendered(About);

impl Rendered {
    /// Answers as the layer would around a service that does the `work`, which is pinned already so that nothing large is moved.
    pub fn render(self, work: impl Future<Output = Response> + Unpin) -> impl Future<Output = Response> {
        let mut rendering = Rendering { future: Sure(work), about: self.0 };
        poll_fn(move |cx| {
            let Ok(response) = ready!(Pin::new(&mut rendering).poll(cx));
            Poll::Ready(response)
        })
    }

    /// As [`Rendered::render`], of an answer that is there already.
    pub fn word(self, response: Response) -> Response {
        self.0.finish(response)
    }
}

impl<S> Layer<S> for RenderProblems {
    type Service = RenderProblemsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RenderProblemsService { inner, catalogues: Arc::clone(&self.catalogues) }
    }
}

/// See [`render_problems`].
#[derive(Clone, Debug)]
pub struct RenderProblemsService<S> {
    inner: S,
    catalogues: Arc<Catalogues>,
}

impl<S> Service<Request> for RenderProblemsService<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Rendering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let about = About::of(&request, &self.catalogues);
        Rendering { future: self.inner.call(request), about }
    }
}

/// Work that always comes to an answer.
struct Sure<F>(F);

impl<F: Future<Output = Response> + Unpin> Future for Sure<F> {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}

pin_project! {
    /// The answer on its way.
    pub struct Rendering<F> {
        #[pin]
        future: F,
        about: About,
    }
}

impl<F, E> Future for Rendering<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let future = this.future;
        // A handler that panicked is not polled again, so what it left half-done is never seen.
        let response = match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => ready!(polled)?,
            Err(panic) => this.about.panicked(panic.as_ref()),
        };
        Poll::Ready(Ok(this.about.finish(response)))
    }
}

/// What has to be known of the request when its answer comes. Nothing here is copied text.
struct About {
    catalogues: Arc<Catalogues>,
    application: Option<Arc<Application>>,
    tenant: Option<Uuid>,
    locale: Locale,
    request: Option<RequestId>,
    method: Method,
    uri: Uri,
    audience: Audience,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    Person,
    Anybody,
}

impl Audience {
    fn of(request: &Request) -> Self {
        match request.extensions().get::<Caller>() {
            Some(caller) if caller.actor != Actor::Anonymous => Self::Person,
            None if request.headers().contains_key(AUTHORIZATION) => Self::Person,
            _ => Self::Anybody,
        }
    }
}

impl About {
    fn of(request: &Request, catalogues: &Arc<Catalogues>) -> Self {
        let extensions = request.extensions();
        Self {
            catalogues: Arc::clone(catalogues),
            application: extensions.get::<Tenant>().map(|tenant| Arc::clone(&tenant.application)),
            tenant: extensions.get::<Tenant>().map(|tenant| tenant.id),
            locale: locale_of(extensions),
            request: extensions.get::<RequestId>().copied(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            audience: Audience::of(request),
        }
    }

    fn panicked(&self, panic: &(dyn Any + Send)) -> Response {
        use axum::response::IntoResponse;
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Problem::internal(&format_args!("panic: {}", text.unwrap_or("without a message"))).into_response()
    }

    fn finish(&self, mut response: Response) -> Response {
        if let Some(problem) = problem_of(&mut response) {
            self.log(&problem);
            self.render(&problem, &mut response);
            // For the edge's metrics, which count errors by code.
            response.extensions_mut().insert(problem.0.code);
        }
        let audience = self.audience;
        let default = match response.status() {
            _ if audience == Audience::Person => &PRIVATE,
            status if status.is_client_error() || status.is_server_error() => &NO_STORE,
            _ => return response,
        };
        response.headers_mut().entry(CACHE_CONTROL).or_insert_with(|| default.clone());
        response
    }

    fn log(&self, problem: &Unrendered) {
        let parts = &problem.0;
        if parts.code.status() < 500 {
            return;
        }
        let request = self.request.map(|id| id.0);
        let (code, cause) = (parts.code.slug(), parts.cause.as_deref());
        tracing::error!(code, cause, request_id = ?request, method = %self.method, path = self.uri.path(), "a request failed");
    }

    fn render(&self, problem: &Unrendered, response: &mut Response) {
        let parts = &problem.0;
        let app = self.application.as_deref().map(Application::name);
        let messages = self.catalogues.messages(app, self.locale).of_tenant(self.tenant);
        let body = text::Body { parts, messages, instance: self.uri.path(), request: self.request };
        // Texts and numbers always make JSON.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let headers = response.headers_mut();
        for (name, value) in &parts.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(CONTENT_TYPE, PROBLEM_JSON.clone());
        headers.remove(CONTENT_LENGTH);
        if let Some(challenge) = challenge(parts.code) {
            headers.entry(WWW_AUTHENTICATE).or_insert(challenge);
        }
        if parts.code == ErrorCode::ServiceUnavailable || parts.code == ErrorCode::Overloaded {
            headers.entry(RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
        }
        mark_localized(response, self.locale);
        *response.body_mut() = Body::from(body);
    }
}

/// RFC 6750 §3: a 401 names the scheme, and says what is wrong with a token that was sent.
fn challenge(code: ErrorCode) -> Option<HeaderValue> {
    match code {
        ErrorCode::InvalidToken | ErrorCode::TokenExpired | ErrorCode::TenantMismatch => {
            Some(HeaderValue::from_static(r#"Bearer error="invalid_token""#))
        }
        code if code.status() == 401 => Some(HeaderValue::from_static("Bearer")),
        _ => None,
    }
}

/// The problem that the response carries, or stands for because something below us refused in words of its own.
fn problem_of(response: &mut Response) -> Option<Unrendered> {
    if let Some(problem) = response.extensions_mut().remove::<Unrendered>() {
        return Some(problem);
    }
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || keeps_its_body(response.headers().get(CONTENT_TYPE), response.extensions())
    {
        return None;
    }
    let code = code_of(status)?;
    *response.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(status);
    Problem::new(code).into_unrendered().into()
}

/// Plain text and nothing at all are the words of axum; other media types were chosen by somebody.
fn keeps_its_body(content_type: Option<&HeaderValue>, extensions: &Extensions) -> bool {
    let plain = content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    !plain || extensions.get::<Verbatim>().is_some()
}

/// The code that a bare status stands for.
fn code_of(status: StatusCode) -> Option<ErrorCode> {
    let code = match status.as_u16() {
        400 => ErrorCode::MalformedRequest,
        401 => ErrorCode::Unauthenticated,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        405 => ErrorCode::MethodNotAllowed,
        406 => ErrorCode::NotAcceptable,
        408 => ErrorCode::RequestTimeout,
        409 => ErrorCode::Conflict,
        410 => ErrorCode::Gone,
        412 => ErrorCode::PreconditionFailed,
        413 => ErrorCode::PayloadTooLarge,
        414 => ErrorCode::UriTooLong,
        415 => ErrorCode::UnsupportedMediaType,
        422 => ErrorCode::Unprocessable,
        428 => ErrorCode::PreconditionRequired,
        429 => ErrorCode::RateLimited,
        431 => ErrorCode::HeadersTooLarge,
        502 => ErrorCode::ServiceUnknown,
        503 => ErrorCode::ServiceUnavailable,
        504 => ErrorCode::DeadlineExceeded,
        500.. => ErrorCode::Internal,
        _ => return None,
    };
    Some(code)
}
