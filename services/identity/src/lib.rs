//! Who people are: registration, log-in, sessions, tokens, profiles, roles, invitations, organisations, tenants.
//!
//! [`Identity::open`] makes the service's heart from a [`Host`]; the server keeps it in [`Host::resources`], where the routes of
//! [`service`] find it, hands its [`Identity::authenticate`] to the edge, and runs [`Identity::run`] beside the requests.

mod accounts;
mod api;
mod api_keys;
mod authentication;
mod background;
mod command_line;
mod consumers;
mod copying;
mod demo;
pub mod email;
mod entity;
mod erasing;
pub mod error;
mod inviting;
mod keeping;
mod leaving;
mod legacy;
mod lockout;
mod login;
mod mail;
mod managing;
mod model;
mod operators;
mod organising;
pub mod passwords;
mod people;
mod recovery;
mod refreshing;
pub mod revocations;
pub mod schema;
pub mod secrets;
pub mod settings;
mod signals;
mod store;
mod tenants;
pub mod tokens;
mod usage;
mod view;
mod visit;
mod welcoming;

use std::sync::Arc;

use banyan_contracts::limits::LimitBook;
use banyan_http::{FieldError, Host, Problem, Service, Tenant};
use banyan_kernel::application::Applications;
use banyan_kernel::{Caller, Clock, Ids, Random, RequestId, Uuid};
use banyan_locale::Catalogues;
use banyan_store::{Rows, Store};
use hmac::Mac as _;
use tokio::sync::Notify;

pub use api_keys::{KeySummary, NewKey};
pub use authentication::Authenticated;
pub use command_line::{NewAccount, NewTenant};
pub use copying::COPYING_SERVICES;
pub use demo::DemoError;
pub use erasing::ERASING_SERVICES;
pub use error::IdentityError;
pub use keeping::OpenError;
pub use model::Status;
pub use operators::{AccountSheet, SessionSummary};
pub use schema::{SERVICE, schema};
pub use tenants::{Registration, TenantInfo, TenantsWatch};

use banyan_channels::mail::Mailer;
use passwords::Passwords;
use revocations::Revocations;
use settings::Settings;
use tokens::{LegacyTokens, Tokens};

/// The heart of the service. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Core>);

struct Core {
    store: Store,
    settings: Settings,
    catalogues: Arc<Catalogues>,
    applications: Arc<Applications>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    random: Arc<dyn Random>,
    mailer: Arc<dyn Mailer>,
    mail_due: Notify,
    passwords: Passwords,
    tokens: Tokens,
    /// Only while people move over from another system.
    legacy: Option<LegacyTokens>,
    revocations: Revocations,
    tenants: tenants::Tenants,
    languages: people::Languages,
    /// Where this process has a front door.
    limits: Option<Arc<dyn LimitBook>>,
    /// From which the successor of a refresh token is made.
    successor_key: [u8; 32],
    /// Under which accounts and addresses are counted.
    subject_key: [u8; 32],
}

/// The service as the server runs it. Its routes need an [`Identity`] among [`Host::resources`].
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "identity.ftl", include_str!("../locales/en-US/identity.ftl"))
        .messages("id-ID", "identity.ftl", include_str!("../locales/id-ID/identity.ftl"))
        .routes(api::routes, |host: &Host| api::Desk { identity: host.resource::<Identity>(), mesh: host.mesh.clone() })
        .jobs(|host| host.resource::<Identity>().map(|identity| erasing::jobs(&identity, &host.mesh)).unwrap_or_default())
        .consumers(|host| host.resource::<Identity>().map(consumers::all).unwrap_or_default())
}

impl Identity {
    /// What the caller may see and change.
    fn rows(&self, caller: &Caller) -> Rows {
        self.0.store.bind(caller)
    }

    /// The public keys as a JWK set (RFC 7517).
    pub fn jwks(&self) -> Arc<str> {
        self.0.tokens.keyring().jwks()
    }

    /// Who is limited, where this process has a front door.
    fn limit_book(&self) -> Option<Arc<dyn LimitBook>> {
        self.0.limits.clone()
    }

    fn catalogues(&self) -> &Catalogues {
        &self.0.catalogues
    }

    /// The language that a person chooses, among those that the tenant's application offers.
    fn offered(&self, tenant: &Tenant, field: &'static str, chosen: Option<String>) -> Result<Option<String>, Problem> {
        let Some(tag) = chosen else { return Ok(None) };
        let manifest = tenant.application.manifest();
        let all = self.0.catalogues.locales(Some(tenant.application.name()));
        let offered = self.0.catalogues.offered(tenant.application.name(), manifest.offered_locales());
        let offered = offered.unwrap_or(all);
        let offered = self.0.catalogues.with_published(&offered, tenant.application.name(), tenant.id);
        let locale = offered.lookup(&tag).ok_or_else(|| Problem::invalid(field, FieldError::locale()))?;
        Ok(Some(locale.tag().to_owned()))
    }

    /// The service acting for itself in a tenant.
    fn system(&self, tenant: Uuid, request: RequestId) -> Rows {
        self.0.store.bind(&Caller::system(tenant, SERVICE, request))
    }

    /// As [`Identity::system`], where no request is behind it.
    fn own(&self, tenant: Uuid) -> Rows {
        self.system(tenant, RequestId(self.0.ids.next()))
    }

    /// A keyed digest by which failures of an account or an address are counted.
    fn subject(&self, kind: &str, text: &str) -> Vec<u8> {
        let mut mac = secrets::mac_of(&self.0.subject_key);
        mac.update(kind.as_bytes());
        mac.update(b":");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("store", &self.0.store).finish_non_exhaustive()
    }
}
