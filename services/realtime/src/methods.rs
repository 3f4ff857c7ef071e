//! Methods that people call by their connection: the service whose they are is called, in the person's name.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use banyan_contracts::realtime::{METHOD_NAMESPACES, method_path};
use banyan_kernel::Caller;
use banyan_locale::Negotiated;
use banyan_mesh::Mesh;
use banyan_mesh::caller::CallerDetails;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method as Verb, Request, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::hub::Link;
use crate::protocol::{Failure, Refusal};

/// How long a method may take to answer, with the answer's body.
const WITHIN: Duration = Duration::from_secs(5);
/// In bytes.
const LONGEST: usize = 64;
/// Of an answer, in bytes: all changes that the context engine gives at once.
const LARGEST: usize = 512 * 1024;
/// Calls of one connection that have no answer yet.
const OF_ONE: u32 = 8;
/// Calls of all connections that have no answer yet.
const OF_ALL: usize = 256;
/// Bad fields that are named.
const MOST_FIELDS: usize = 10;

/// A name that a service may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    service: &'static str,
    path: String,
}

/// A method that is called.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// JSON.
    pub(crate) data: String,
    pub(crate) caller: Caller,
    pub(crate) language: Option<Negotiated>,
}

/// Kept while a method is called.
pub(crate) struct Turn {
    link: Arc<Link>,
    _of_all: OwnedSemaphorePermit,
}

pub(crate) struct Methods {
    mesh: Mesh,
    turns: Arc<Semaphore>,
}

/// A problem (RFC 9457), as far as it is told.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    title: String,
    detail: Option<String>,
    errors: Vec<BadField>,
}

#[derive(Deserialize)]
struct BadField {
    field: String,
    message: String,
}

impl Method {
    /// Nothing for what no method is called.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (namespace, rest) = name.split_once('.')?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if name.len() > LONGEST || rest.is_empty() || !rest.bytes().all(plain) {
            return None;
        }
        let (namespace, service) = METHOD_NAMESPACES.iter().find(|(known, _)| *known == namespace)?;
        Some(Self { service, path: method_path(namespace, rest) })
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Methods {
    pub(crate) fn new(mesh: Mesh) -> Self {
        Self { mesh, turns: Arc::new(Semaphore::new(OF_ALL)) }
    }

    /// A place among the calls that wait; nothing where there are as many as may be.
    pub(crate) fn turn(&self, link: &Arc<Link>) -> Option<Turn> {
        let of_all = self.turns.clone().try_acquire_owned().ok()?;
        let one_more = |calls: u32| (calls < OF_ONE).then_some(calls + 1);
        link.calls.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Turn { link: link.clone(), _of_all: of_all })
    }

    /// What the method answers.
    ///
    /// # Errors
    /// In words for the person, where there is a problem.
    pub(crate) async fn call(&self, call: Call) -> Result<Box<RawValue>, Failure> {
        timeout(WITHIN, self.ask(call)).await.unwrap_or_else(|_| Err(Refusal::Internal.into()))
    }

    async fn ask(&self, call: Call) -> Result<Box<RawValue>, Failure> {
        let Call { method, data, caller, language } = call;
        let request = Request::builder().method(Verb::POST).uri(method.path()).body(Body::from(data));
        let mut request = request.map_err(|_| Refusal::MethodNotFound)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let extensions = request.extensions_mut();
        if let Some(language) = language {
            extensions.insert(language);
            let locale = Some(language.locale.tag().into());
            extensions.insert(CallerDetails { scopes: None, locale, address: None });
        }
        extensions.insert(caller.request);
        extensions.insert(caller);
        let answer = self.mesh.call(method.service, request, WITHIN).await.map_err(|error| {
            tracing::warn!(%error, path = method.path(), "a method cannot be called");
            Refusal::Internal
        })?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), LARGEST).await.map_err(|_| Refusal::LimitExceeded)?;
        if status == StatusCode::OK {
            return in_a_line(&body).map_err(|_| Refusal::Internal.into());
        }
        Err(failure_of(status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.link.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// JSON as it stands in a frame, whose lines are replies of their own.
fn in_a_line(body: &[u8]) -> Result<Box<RawValue>, serde_json::Error> {
    if !body.contains(&b'\n') {
        return serde_json::from_slice(body);
    }
    serde_json::value::to_raw_value(&serde_json::from_slice::<serde_json::Value>(body)?)
}

/// What clients know has its number; the rest has that of HTTP, which lies among those that applications may give.
fn failure_of(status: StatusCode, told: Told) -> Failure {
    let known = match status.as_u16() {
        400 | 413 | 415 | 422 => Some(Refusal::BadRequest),
        401 => Some(Refusal::Unauthorized),
        403 => Some(Refusal::PermissionDenied),
        404 => Some(Refusal::MethodNotFound),
        408 | 500.. => Some(Refusal::Internal),
        429 => Some(Refusal::TooManyRequests),
        _ => None,
    };
    let fields: Vec<String> = told.errors.iter().take(MOST_FIELDS).map(|bad| format!("{}: {}", bad.field, bad.message)).collect();
    let said = Some(fields.join("; ")).filter(|fields| !fields.is_empty()).or(told.detail).unwrap_or(told.title);
    let mut failure = known.map_or_else(
        || Failure {
            code: status.as_u16().into(),
            message: status.canonical_reason().unwrap_or_default().to_owned(),
            temporary: false,
        },
        Failure::from,
    );
    if !said.is_empty() && known != Some(Refusal::MethodNotFound) {
        failure.message = said;
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_known_services_are_methods() {
        let path = |name: &str| Method::of(name).map(|method| method.path);
        assert_eq!(path("context.changes").as_deref(), Some("/internal/methods/context/changes"));
        let long = format!("context.{}", "a".repeat(60));
        for bad in [
            "",
            ".",
            "context",
            "context.",
            ".changes",
            "nobody.changes",
            "context.a.b",
            "context./",
            "context.A",
            "Context.a",
            "context.%2e",
            &long,
        ] {
            assert_eq!(path(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_answer_stands_in_a_line() {
        assert_eq!(in_a_line(b"{\n  \"a\": \"\\n\"\n}").unwrap().get(), "{\"a\":\"\\n\"}");
        assert_eq!(in_a_line(b"{\"a\": 1.50}").unwrap().get(), "{\"a\": 1.50}");
        assert!(in_a_line(b"").is_err() && in_a_line(b"{\n").is_err());
    }

    #[test]
    fn problems_have_the_numbers_that_clients_know() {
        let told = || Told { title: "T".into(), detail: Some("D".into()), errors: Vec::new() };
        for (status, code, temporary) in [
            (400, 107, false),
            (422, 107, false),
            (401, 101, false),
            (403, 103, false),
            (409, 409, false),
            (412, 412, false),
            (429, 111, true),
            (500, 100, true),
            (503, 100, true),
        ] {
            let failure = failure_of(StatusCode::from_u16(status).unwrap(), told());
            assert_eq!((failure.code, failure.temporary, failure.message.as_str()), (code, temporary, "D"), "{status}");
        }
        let unknown = failure_of(StatusCode::NOT_FOUND, told());
        assert_eq!((unknown.code, unknown.message.as_str()), (104, "method not found"));
        let bad = Told { errors: vec![BadField { field: "after".into(), message: "too small".into() }], ..told() };
        assert_eq!(failure_of(StatusCode::UNPROCESSABLE_ENTITY, bad).message, "after: too small");
        assert_eq!(failure_of(StatusCode::CONFLICT, Told::default()).message, "Conflict");
    }
}
