//! What is said of a caller.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use banyan_kernel::{Actor, Caller, Permission, RequestId, Role, Roles, Uuid};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

/// What the kernel's caller does not hold. Put it into a request's extensions beside the [`Caller`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerDetails {
    /// What the caller's key or token is limited to; `None` is no limit.
    pub scopes: Option<Arc<[String]>>,
    /// BCP 47, as negotiated for this request.
    pub locale: Option<Arc<str>>,
    /// From where the request came to the door.
    pub address: Option<IpAddr>,
}

/// Of a role, a permission or a scope. Those that this version knows are not copied: this is written with each request.
type Name = Cow<'static, str>;

/// A caller as the other side sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedCaller {
    /// The person's or service account's id; `None` for who has not signed in, and for a service that acts for itself.
    pub subject: Option<Uuid>,
    /// The service that acts for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// `None` where a node speaks for itself and for no tenant.
    pub tenant: Option<Uuid>,
    pub roles: Vec<Name>,
    /// What the roles allow, by name, for services that do not know the roles.
    pub permissions: Vec<Name>,
    /// `None` is no limit; an empty list allows nothing that needs a scope.
    pub scopes: Option<Vec<Name>>,
    pub session: Option<Uuid>,
    /// The API key by which the person acts; then `scopes` are all that is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Uuid>,
    pub organisations: Vec<Uuid>,
    pub locale: Option<String>,
    /// From where the request came to the door: to count by, and no proof of anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    pub request: Option<Uuid>,
}

impl SignedCaller {
    pub fn of(caller: &Caller, details: Option<&CallerDetails>) -> Self {
        let system = match caller.actor {
            Actor::System(service) => Some(service.to_owned()),
            Actor::Anonymous | Actor::User(_) => None,
        };
        let allowed = Permission::ALL.iter().filter(|permission| caller.allows(**permission));
        Self {
            subject: caller.user_id(),
            system,
            tenant: Some(caller.tenant),
            roles: caller.roles.iter().map(|role| role.name().into()).collect(),
            permissions: allowed.map(|permission| permission.name().into()).collect(),
            scopes: match caller.scopes() {
                Some(scopes) => Some(scopes.iter().map(|scope| scope.name().into()).collect()),
                None => {
                    let scopes = details.and_then(|details| details.scopes.as_deref());
                    scopes.map(|scopes| scopes.iter().cloned().map(Name::from).collect())
                }
            },
            session: caller.session,
            key: caller.key(),
            organisations: caller.organisations.to_vec(),
            locale: details.and_then(|details| details.locale.as_deref()).map(str::to_owned),
            address: details.and_then(|details| details.address),
            request: Some(caller.request.0),
        }
    }

    /// A node that speaks for itself: it registers, or asks for what is no tenant's.
    pub fn node() -> Self {
        Self::default()
    }

    /// The caller for handlers of this process. `services` are the names that may act for themselves; a system caller of another name is
    /// none. `None` without a tenant. Roles that this version does not know are left out: they can only have allowed more.
    pub fn to_caller(&self, services: &[&'static str], fallback: RequestId) -> Option<Caller> {
        let tenant = self.tenant?;
        let request = self.request.map_or(fallback, RequestId);
        let caller = match (self.subject, &self.system) {
            (Some(user), None) => {
                let roles: Roles = self.roles.iter().filter_map(|name| name.parse::<Role>().ok()).collect();
                Caller::user(tenant, user, roles, request)
            }
            (None, None) => Caller::anonymous(tenant, request),
            (None, Some(name)) => {
                let service = services.iter().find(|service| **service == name.as_str())?;
                Caller::system(tenant, service, request)
            }
            (Some(_), Some(_)) => return None,
        };
        let caller = caller.with_organisations(self.organisations.as_slice().into());
        let caller = match self.key {
            // What this version does not know is left out: it can only have allowed more.
            Some(key) => {
                let scopes = self.scopes.iter().flatten().filter_map(|name| name.parse::<Permission>().ok()).collect();
                caller.with_narrowed_key(key, scopes)
            }
            None => caller,
        };
        Some(match self.session {
            Some(session) => caller.with_session(session),
            None => caller,
        })
    }

    pub fn details(&self) -> CallerDetails {
        CallerDetails {
            scopes: self.scopes.as_ref().map(|scopes| scopes.iter().map(|scope| scope.clone().into_owned()).collect()),
            locale: self.locale.as_deref().map(Arc::from),
            address: self.address,
        }
    }

    pub(crate) fn to_field(&self) -> HeaderValue {
        let json = serde_json::to_vec(self).unwrap_or_default();
        HeaderValue::try_from(BASE64_URL_SAFE_NO_PAD.encode(json)).unwrap_or(HeaderValue::from_static(""))
    }

    pub(super) fn from_field(field: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(field).ok()?).ok()
    }
}
