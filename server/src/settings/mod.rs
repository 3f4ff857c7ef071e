//! Settings: defaults < `banyan.toml` < environment < flags.
//!
//! [`keys`] declares every setting once. [`load`] gathers what the sources say, refuses what it does not understand with key,
//! place and fix, and keeps where each value came from for `banyan config`.

mod customary;
mod database;
mod declare;
mod environment;
mod error;
mod file;
mod keys;
mod limits;
mod load;
mod reference;
mod report;
#[cfg(test)]
mod tests;
pub(crate) mod types;

pub(crate) use database::{DatabaseChoice, PostgresLogin};
pub(crate) use environment::{Variables, search_path};
pub(crate) use error::{Finding, Place, SettingsError};
pub(crate) use keys::{ClusterSection, Settings};
/// Where events are relayed to.
pub(crate) mod brokers {
    pub(crate) use super::keys::{EventsRedisSection, NatsSection, RabbitSection};
}
pub(crate) use load::{Flags, Loaded, Sources, load};
pub(crate) use reference::reference;
pub(crate) use report::{as_json, as_text};
