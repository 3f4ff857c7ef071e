//! The service of translations, asked in its own name. What the command line may ask is what the API has.

use anyhow::{Context as _, Result};
use axum::body::Body;
use banyan_http::Tenant;
use banyan_kernel::{Caller, RequestId};
use banyan_locale::{Locale, Negotiation};
use banyan_translations::SERVICE;
use http::{HeaderValue, Method, Request, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use super::Answer;
use crate::house::House;

/// A call of the service's API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextsAsked {
    /// The tenant's name; that of the operators for everybody.
    pub(crate) tenant: String,
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// As it is: JSON, or a file.
    pub(crate) body: Option<String>,
    /// For the history and the audit log.
    pub(crate) reason: Option<String>,
}

/// What it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TextsTold {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl House {
    pub(super) async fn ask_translations(&self, asked: &TextsAsked) -> Result<Answer> {
        let room = self.rooms.iter().find(|room| room.service.name == SERVICE);
        let room = room.context("this process knows nothing of translations")?;
        let request = self.request_for_texts(asked)?;
        let response = match room.service.router(&room.host).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.context("the service of translations broke off")?.to_bytes();
        let body = String::from_utf8(bytes.into()).context("the service of translations answered what is no text")?;
        Ok(Answer::Translations(TextsTold { status, body }))
    }

    fn request_for_texts(&self, asked: &TextsAsked) -> Result<Request<Body>> {
        let info = self.identity.tenant_named(&asked.tenant).with_context(|| format!("there is no tenant `{}`", asked.tenant))?;
        let application = self.applications.get(&info.application);
        let application = application.context("this program does not carry the tenant's application")?.clone();
        let id = RequestId(self.ids().next());
        let body = asked.body.clone().map_or_else(Body::empty, Body::from);
        let mut request = Request::builder().method(Method::from_bytes(asked.method.as_bytes())?).uri(&asked.path).body(body)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(reason) = &asked.reason {
            let reason = HeaderValue::from_bytes(reason.as_bytes()).context("the reason holds what cannot be sent")?;
            headers.insert("x-reason", reason);
        }
        let locale = Negotiation::of(Locale::en_us()).resolve(&self.catalogues.locales(Some(application.name())));
        let extensions = request.extensions_mut();
        extensions.insert(locale);
        extensions.insert(id);
        extensions.insert(Tenant { id: info.id, name: info.name.clone(), application });
        extensions.insert(Caller::system(info.id, SERVICE, id));
        Ok(request)
    }
}
