//! Somebody at the door: for which tenant, in which language, with which device.

use axum::extract::FromRequestParts;
use banyan_http::{ClientAddress, Language, Problem, Visitor};
use banyan_kernel::{Caller, RequestId, Uuid};
use banyan_locale::Locale;
use http::header::USER_AGENT;
use http::request::Parts;

use crate::store::sessions::Device;

/// Longer descriptions are cut.
const LONGEST_USER_AGENT: usize = 300;

/// What the acts that need no log-in know of the one who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) caller: Caller,
    pub(crate) locale: Locale,
    pub(crate) device: Device,
}

impl Visit {
    pub(crate) fn tenant(&self) -> Uuid {
        self.caller.tenant
    }

    pub(crate) fn request(&self) -> RequestId {
        self.caller.request
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Visitor(caller) = Visitor::from_request_parts(parts, state).await?;
        let Ok(Language(locale)) = Language::from_request_parts(parts, state).await;
        Ok(Self { caller, locale, device: device(parts) })
    }
}

fn device(parts: &Parts) -> Device {
    let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let user_agent = agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect());
    let address = parts.extensions.get::<ClientAddress>().map(|address| address.0);
    Device {
        user_agent,
        address: address.map(|address| address.to_string()),
        counted: address.filter(|address| !address.is_loopback()),
    }
}
