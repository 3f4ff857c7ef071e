//! What people are told: an inbox each, and mails, pushes and messages as they want them.
//!
//! A notification is a row in a person's inbox, written in the transaction of what it tells of. A job then plans its deliveries by what the
//! person wants, and each delivery is a job of its own, tried for days. See `docs/notifications.md`.

mod api;
mod consumers;
mod demo;
mod entity;
mod error;
mod hours;
mod jobs;
mod people;
mod providers;
mod schema;
mod senders;
mod store;
mod stream;
mod template;
mod topic;
mod trial;
mod unsubscribe;

use std::sync::Arc;

use banyan_http::kept::Own;
use banyan_http::{Host, Service};
use banyan_kernel::{Random, Uuid};
use banyan_locale::{Catalogues, Messages};
use banyan_mesh::Mesh;
use banyan_store::Store;

pub use demo::{DemoError, seed_demo};
pub use error::NotificationsError;
pub use schema::{SERVICE, schema};
pub use senders::{Attempt, Hope, Mail, Message, NotSent, Senders, Sent, Short};
pub use store::upkeep::purge;
pub use topic::{Channel, DeliveryState, Mode, Topic, Way};

/// What the handlers and jobs share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    /// How many notifications people have not read.
    pub(crate) unread: Own<api::Unread>,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) mesh: Mesh,
    pub(crate) senders: Arc<dyn Senders>,
    pub(crate) hub: Arc<stream::Hub>,
    pub(crate) providers: Arc<providers::Providers>,
    pub(crate) random: Arc<dyn Random>,
}

/// The service as one value. [`Senders`] may be among the host's resources; without them its settings say how messages leave.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "notifications.ftl", include_str!("../locales/en-US/notifications.ftl"))
        .messages("id-ID", "notifications.ftl", include_str!("../locales/id-ID/notifications.ftl"))
        .messages("ar", "notifications.ftl", include_str!("../locales/ar/notifications.ftl"))
        .erases(|tx, user| async move { store::upkeep::erase(&tx, user).await })
        .consumers(|_| consumers::all())
        .jobs(|host| jobs::all(App::of(host)))
        .keeps_answers()
        .routes(api::routes, App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        Self {
            store: host.store.clone(),
            // The version grows with the answer's type.
            unread: Own::of(host, "notifications.unread", 1),
            catalogues: host.catalogues.clone(),
            mesh: host.mesh.clone(),
            senders: senders::of(host),
            hub: Arc::new(stream::Hub::new(host.store.clone())),
            providers: Arc::new(providers::Providers::of(host)),
            random: host.random.clone(),
        }
    }

    /// The words of a tenant's application in the language that a person chose, or else in American English.
    pub(crate) fn messages<'a>(&'a self, application: &'a str, tenant: Uuid, chosen: Option<&str>) -> Messages<'a> {
        let all = self.catalogues.locales_of(Some(application), Some(tenant));
        let locale = chosen.and_then(|tag| all.lookup(tag)).unwrap_or_default();
        self.catalogues.messages(Some(application), locale).of_tenant(tenant)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
