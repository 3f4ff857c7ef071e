//! The control plane of the front door: routes and upstreams that operators store, which features move from a system of before to Banyan,
//! how far each of them is, and who said so.
//!
//! The door itself decides nothing here but a roll-back: it follows what is stored, in every process.

mod api;
mod cache;
mod diagnosis;
mod door;
pub mod entity;
mod error;
mod follow;
mod plan;
mod schema;
mod seen;
mod store;

use std::sync::Arc;

use banyan_http::{Host, Service};
use banyan_locale::Catalogues;
use banyan_mesh::Mesh;
use banyan_store::Store;

pub use banyan_contracts::splits::SplitSums;
pub use cache::{Purge, Purging, What, purge};
pub use diagnosis::told_kinds;
pub use door::{Door, DoorLink, Entry, EntryFault, Kind};
pub use error::GatewayError;
pub use follow::{Follower, UnknownPlan};
pub use schema::{SERVICE, schema};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) mesh: Mesh,
    pub(crate) door: DoorLink,
    pub(crate) catalogues: Arc<Catalogues>,
}

/// The service as one value. The server puts a [`DoorLink`] into its resources, and connects it when the door is open.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "gateway.ftl", include_str!("../locales/en-US/gateway.ftl"))
        .messages("id-ID", "gateway.ftl", include_str!("../locales/id-ID/gateway.ftl"))
        .routes(api::routes, |host: &Host| App {
            store: host.store.clone(),
            mesh: host.mesh.clone(),
            door: host.resource().unwrap_or_default(),
            catalogues: host.catalogues.clone(),
        })
}
