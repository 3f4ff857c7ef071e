//! The store: one database a service, on SQLite or PostgreSQL, reached only through a handle that is bound to a caller.
//!
//! A service declares its [`schema::Table`]s with a [`policy::Policy`] each. [`Store::open`] makes them, on either engine, and
//! [`Store::bind`] gives [`Rows`]: `rows.read(|tx| …)` and `rows.write(|tx| …)` run a closure in one transaction that sees what
//! the caller may see and nothing else. There is no other way to rows.

pub mod audit;
mod bells;
mod commits;
pub mod compliance;
mod context;
pub mod error;
pub mod grants;
pub mod idempotency;
pub mod log;
pub mod migrate;
pub mod outbox;
mod pending;
pub mod personal;
mod platform_tables;
pub mod policy;
mod postgres;
pub mod record;
mod rows;
pub mod schema;
mod sqlite;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tidy;
mod tx;

pub use commits::Commits;
pub use error::StoreError;
pub use outbox::{LARGEST_EVENT, Untyped};
pub use policy::{Policy, Rule};
pub use postgres::{AddressError, PostgresAddress, PostgresOptions, TlsFiles, TlsMode};
pub use postgres::{FallBack, ReplicaReport, ReplicaStanding, Replicas, ReplicasReport};
pub use rows::Rows;
pub use schema::{ColumnType, Table};
pub use store::{Engine, EngineKind, Environment, NoObserver, Observer, Store};
pub use tx::{Then, Tx};
