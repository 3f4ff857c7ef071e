//! Feature flags: what is on for whom, who said so, and what came of it.
//!
//! Flags, segments and environments are rows of a tenant. What they say of an environment is compiled into a snapshot, which every process
//! holds ([`banyan_features`]) and asks without waiting for anybody; a [`Follower`] in each process sees to that.

mod alone;
mod api;
mod app;
mod clients;
mod compile;
pub mod definition;
mod document;
pub mod entity;
mod error;
mod features;
mod follow;
mod jobs;
mod kept;
mod ofrep;
mod provide;
mod schema;
mod statistics;
mod store;
mod sums;
mod tokens;
mod transfer;
mod unleash;

use banyan_http::Service;

pub use alone::Alone;
pub(crate) use app::App;
pub use app::Shared;
pub use clients::{AddCounts, ClientIdentity, ClientKind, VerifyTokens};
pub use error::FlagsError;
pub use follow::{FlagsTenant, Follower, Part, Surroundings};
pub use kept::KeptTenant;
pub use schema::{SERVICE, schema};
pub use store::purge;
pub use sums::{Sums, Told};
pub use tokens::{Token, TokenKind, Tokens};

/// The snapshots that a process kept in a folder.
pub fn kept_snapshots(folder: &std::path::Path) -> Vec<banyan_features::Snapshot> {
    kept::Kept::at(folder.to_owned()).read().into_iter().map(|(_, _, snapshot)| snapshot).collect()
}

/// The service as one value. [`Shared`] and `LocalFlags` may be among the host's resources: what others of this process see.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "flags.ftl", include_str!("../locales/en-US/flags.ftl"))
        .messages("id-ID", "flags.ftl", include_str!("../locales/id-ID/flags.ftl"))
        .messages("en-US", "clients.ftl", include_str!("../locales/en-US/clients.ftl"))
        .messages("id-ID", "clients.ftl", include_str!("../locales/id-ID/clients.ftl"))
        .erases(|tx, user| async move { store::experiments::erase(&tx, user).await })
        .jobs(|host| jobs::all(App::of(host)))
        .routes(|| api::routes().merge(clients::routes()), App::of)
}
