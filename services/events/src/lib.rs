//! The door for events of programs outside: they say what happened over there, and hear what happens here.
//!
//! What they say goes into this service's own log, under types that begin with a prefix that was declared for the program's account.

mod accept;
mod api;
mod error;
mod follow;
mod incoming;
mod publishers;
mod schema;
mod webhooks;

use std::sync::Arc;

use banyan_http::{Host, Service};
use banyan_kernel::Random;
use banyan_store::Store;
use banyan_store::log::Log;
use tokio::sync::Semaphore;

pub use schema::{SERVICE, schema};
pub use webhooks::desk::{WebhookMend, WebhookSheet, mend_webhook, webhooks};

/// Streams that are open at a time.
const MOST_STREAMS: usize = 256;

/// The logs that this process can read. The server puts them into the service's resources.
#[derive(Clone, Debug, Default)]
pub struct Logs(pub Vec<Log>);

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) logs: Vec<Log>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) exit: webhooks::exit::Exit,
    pub(crate) random: Arc<dyn Random>,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "events.ftl", include_str!("../locales/en-US/events.ftl"))
        .messages("id-ID", "events.ftl", include_str!("../locales/id-ID/events.ftl"))
        .consumers(|host| vec![webhooks::choose::consumer(&host.store)])
        .jobs(|host| webhooks::jobs(App::of(host)))
        .routes(api::routes, App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        Self {
            store: host.store.clone(),
            logs: host.resource::<Logs>().map_or_else(|| vec![host.store.log()], |logs| logs.0),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            exit: webhooks::exit::Exit::of(host),
            random: host.random.clone(),
        }
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("store", &self.store).finish_non_exhaustive()
    }
}
