//! What all tests here need: a client for a router, and callers.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use banyan_http::{add_messages, render_problems};
use banyan_kernel::{Caller, RequestId, Role, Roles, Uuid};
use banyan_locale::{Catalogues, Locale, Negotiated, Source};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// The platform's messages.
pub(crate) fn catalogues() -> Arc<Catalogues> {
    static CATALOGUES: LazyLock<Arc<Catalogues>> =
        LazyLock::new(|| Arc::new(add_messages(Catalogues::builder().add_platform()).build().unwrap()));
    Arc::clone(&CATALOGUES)
}

/// An answer that has arrived.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// `status code`.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", String::from_utf8_lossy(&self.body));
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        format!("{} {}", self.status.as_u16(), body["code"].as_str().unwrap())
    }

    /// The bad fields: `name code`, in the order of the answer.
    pub(crate) fn bad_fields(&self) -> Vec<String> {
        assert_eq!(self.problem(), "422 validation-failed");
        let body = self.json();
        let errors = body["errors"].as_array().unwrap().iter();
        errors.map(|error| format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
    }
}

pub(crate) fn request_id() -> RequestId {
    RequestId(Uuid::from_u128(7))
}

pub(crate) fn anonymous() -> Caller {
    Caller::anonymous(Uuid::from_u128(1), request_id())
}

pub(crate) fn user(role: Role) -> Caller {
    Caller::user(Uuid::from_u128(1), Uuid::from_u128(2), Roles::from_iter([role]), request_id())
}

/// The request as the edge hands it over, in English.
pub(crate) fn request(method: Method, path: &str) -> http::request::Builder {
    let negotiated = Negotiated { locale: Locale::en_us(), source: Source::Default };
    Request::builder().method(method).uri(path).extension(request_id()).extension(negotiated)
}

pub(crate) fn get(path: &str) -> Request<Body> {
    request(Method::GET, path).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, path).header("content-type", "application/json").body(body.into()).unwrap()
}

pub(crate) fn indonesian(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Negotiated { locale: Locale::id_id(), source: Source::Header });
    request
}

pub(crate) fn from(caller: Caller, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(caller);
    request
}

/// Sends to the router, with problems rendered.
pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let response = router.layer(render_problems(catalogues())).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}
