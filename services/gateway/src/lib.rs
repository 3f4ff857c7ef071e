//! The control plane of the front door: which features move from a system of before to Banyan, how far each of them is, and who said so.
//!
//! The door itself decides nothing here: it follows what is stored, in every process.

mod api;
pub mod entity;
mod error;
mod schema;
mod store;

use banyan_http::{Host, Service};
use banyan_store::Store;

pub use error::GatewayError;
pub use schema::{OPERATORS, SERVICE, schema};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
}

/// The service as one value.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "gateway.ftl", include_str!("../locales/en-US/gateway.ftl"))
        .messages("id-ID", "gateway.ftl", include_str!("../locales/id-ID/gateway.ftl"))
        .routes(api::routes, |host: &Host| App { store: host.store.clone() })
}
