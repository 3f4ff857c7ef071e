//! The control plane of the front door, asked in its own name. What the command line may ask is what the API has: nothing is checked,
//! stored or written down in another way.

use anyhow::{Context as _, Result};
use axum::body::Body;
use banyan_gateway::SERVICE;
use banyan_http::Tenant;
use banyan_kernel::{Caller, OPERATORS, RequestId};
use banyan_locale::{Locale, Negotiation};
use http::{HeaderValue, Method, Request, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower::ServiceExt as _;

use super::Answer;
use crate::cluster::EDGE;
use crate::house::{House, Room};

/// A call of the control plane's API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The tag of the state that the call is meant for.
    pub(crate) if_match: Option<String>,
    /// For the audit log.
    pub(crate) reason: Option<String>,
}

/// What it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) tag: Option<String>,
    pub(crate) body: Value,
    /// Whether the one who answered has the front door in its process, so that it knows what the door saw.
    pub(crate) door: Door,
}

/// Whether there is a front door in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Door {
    Here,
    Elsewhere,
}

impl House {
    pub(super) async fn ask_gateway(&self, asked: &Asked) -> Result<Answer> {
        let room = self.rooms.iter().find(|room| room.service.name == SERVICE);
        let room = room.context("this process knows nothing of the front door: ask one with the role `edge` or `gateway`")?;
        self.introduce_services()?;
        let request = self.request_of(asked)?;
        let response = match room.service.router(&room.host).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = response.into_body().collect().await.context("the control plane broke off")?.to_bytes();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        let door = if self.routes().is_some() && self.roles.have(EDGE) { Door::Here } else { Door::Elsewhere };
        Ok(Answer::Gateway(Told { status, tag, body, door }))
    }

    /// A house that does not serve has told the mesh of nobody.
    fn introduce_services(&self) -> Result<()> {
        let unknown = |room: &&Room| self.mesh.service(room.service.name).is_none();
        for room in self.rooms.iter().filter(unknown) {
            self.mesh.register(room.service.name, room.service.router(&room.host), room.service.paths())?;
        }
        Ok(())
    }

    /// The request as the door would hand it on, in the name of the control plane itself.
    fn request_of(&self, asked: &Asked) -> Result<Request<Body>> {
        let operators = self.identity.tenant_named(OPERATORS).context("this installation has no tenant of operators")?;
        let id = RequestId(self.ids().next());
        let body = asked.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let method = Method::from_bytes(asked.method.as_bytes())?;
        let mut request = Request::builder().method(method).uri(&asked.path).body(body)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(tag) = &asked.if_match {
            headers.insert(header::IF_MATCH, tag.parse()?);
        }
        if let Some(reason) = &asked.reason {
            headers
                .insert("x-reason", HeaderValue::from_bytes(reason.as_bytes()).context("the reason holds what cannot be sent")?);
        }
        let application = self.applications.default_application().clone();
        let locale = Negotiation::of(Locale::en_us()).resolve(&self.catalogues.locales(Some(application.name())));
        let extensions = request.extensions_mut();
        extensions.insert(locale);
        extensions.insert(id);
        extensions.insert(Tenant { id: operators.id, name: OPERATORS.into(), application });
        extensions.insert(Caller::system(operators.id, SERVICE, id));
        Ok(request)
    }
}
