//! Consumers of events: who they are, where each of them stands in each log, and what could not be handled.
//!
//! A [`Consumer`] belongs to a service and reads the logs of all services that emit its types. A log is divided into
//! [`PARTITIONS`] by the events' tenant and subject. Each partition has one owner among the processes that run the service, and a place
//! up to which it was handled. The place moves in the transaction of the effect, together with a row that says that the event was
//! handled: so an effect on rows happens exactly once, whatever dies when. An effect outside happens at least once.

mod batch;
mod consumer;
mod consumers;
mod dead;
mod event;
mod failure;
mod marks;
mod ownership;
mod parked;
mod relay;
mod sink;
mod state;
mod stream;
mod tables;

pub use consumer::{Chooser, Choosing, Consumer, ConsumerError, Delivery, Start};
pub use consumers::{Consumers, NoSource};
pub use dead::{DeadLetter, DeadLetters, Filter, LARGEST_PAGE, Mend};
pub use failure::Attempt;
pub(crate) use marks::tables as relay_tables;
pub use sink::{Doing, Last, Mark, Opened, RelayCounts, RelayState, Sink, SinkError};
pub use state::{Counters, GroupState, PartitionState};
pub(crate) use tables::part;

/// Parts of a log, for each consumer. Stored with each consumer's places: it never changes.
pub const PARTITIONS: usize = 16;

/// Attempts before an event goes to the dead letters.
pub const LAST_ATTEMPT: i64 = 10;
