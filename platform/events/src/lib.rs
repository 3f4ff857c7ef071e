//! What is done after a transaction: consumers of events, jobs, sagas.
//!
//! An event, a job or a saga's step is written in the transaction of the change that asks for it, so that it is there if and only if
//! the change is.

pub mod jobs;
pub mod log;
pub mod sagas;
mod slice;

use banyan_store::migrate::Part;

pub use log::{Consumer, ConsumerError, Consumers, Delivery};
pub use slice::{Order, Slice};

/// The tables that this room adds to each service's database.
pub fn parts() -> Vec<Part> {
    let relays = Part::new("relays", log::relay_tables());
    let parts = [log::part(), relays, Part::new("jobs", jobs::tables()), Part::new("sagas", sagas::tables())];
    // One that has no tables yet is not noted as made.
    parts.into_iter().filter(|part| !part.tables.is_empty()).collect()
}
