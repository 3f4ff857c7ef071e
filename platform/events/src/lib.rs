//! What is done after a transaction: consumers of events, jobs, sagas.
//!
//! An event, a job or a saga's step is written in the transaction of the change that asks for it, so that it is there if and only if
//! the change is.

pub mod jobs;
mod log;
pub mod sagas;

use banyan_store::schema::Table;

/// The tables that this room adds to each service's database.
pub fn tables() -> Vec<Table> {
    [log::tables(), jobs::tables(), sagas::tables()].concat()
}
