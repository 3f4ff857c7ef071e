//! A service asked in its own name, as the door would hand the request on. What the command line may ask is what the API has: nothing is
//! checked, stored or written down in another way.

use anyhow::{Context as _, Result};
use axum::body::{Body, Bytes};
use banyan_http::Tenant;
use banyan_kernel::{Caller, OPERATORS, RequestId};
use banyan_locale::{Locale, Negotiation};
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::house::House;

/// A call of a service's API.
pub(super) struct Call<'c> {
    pub(super) service: &'static str,
    /// The tenant's name.
    pub(super) tenant: &'c str,
    /// `GET`, `POST`, …
    pub(super) method: &'c str,
    /// With its query.
    pub(super) path: &'c str,
    pub(super) body: Option<String>,
    /// The tag of the state that the call is meant for.
    pub(super) if_match: Option<&'c str>,
    /// For the history and the audit log.
    pub(super) reason: Option<&'c str>,
}

/// What it answered.
pub(super) struct Called {
    pub(super) status: StatusCode,
    pub(super) tag: Option<String>,
    pub(super) body: Bytes,
}

impl Called {
    /// The body, where it is JSON or nothing.
    pub(super) fn json(&self) -> Result<Value> {
        Ok(if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body)? })
    }
}

impl House {
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Called> {
        let service = call.service;
        let room = self.rooms.iter().find(|room| room.service.name == service);
        let room = room.with_context(|| format!("this process knows nothing of `{service}`"))?;
        let request = self.request_of(call)?;
        let response = match room.service.router(&room.host).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = response.into_body().collect().await.with_context(|| format!("`{service}` broke off"))?.to_bytes();
        Ok(Called { status, tag, body })
    }

    fn request_of(&self, call: Call<'_>) -> Result<Request<Body>> {
        let info = self.identity.tenant_named(call.tenant);
        let info = info.with_context(|| format!("there is no tenant `{}`; `banyan tenant list` shows all", call.tenant))?;
        // Operators are of every application.
        let application = match self.applications.get(&info.application) {
            None if &*info.name == OPERATORS => self.applications.default_application(),
            found => found.context("this program does not carry the tenant's application")?,
        };
        let id = RequestId(self.ids().next());
        let body = call.body.map_or_else(Body::empty, Body::from);
        let mut request = Request::builder().method(Method::from_bytes(call.method.as_bytes())?).uri(call.path).body(body)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(tag) = call.if_match {
            headers.insert(header::IF_MATCH, tag.parse()?);
        }
        if let Some(reason) = call.reason {
            let reason = HeaderValue::from_bytes(reason.as_bytes()).context("the reason holds what cannot be sent")?;
            headers.insert("x-reason", reason);
        }
        let locale = Negotiation::of(Locale::en_us()).resolve(&self.catalogues.locales(Some(application.name())));
        let extensions = request.extensions_mut();
        extensions.insert(locale);
        extensions.insert(id);
        extensions.insert(Tenant { id: info.id, name: info.name.clone(), application: application.clone() });
        extensions.insert(Caller::system(info.id, call.service, id));
        Ok(request)
    }
}
