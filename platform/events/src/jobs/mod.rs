//! Work to be done later, or at set times.
//!
//! A [`Job`] is a row of the service's own database, written by [`enqueue`] in the transaction of the change that asks for it. The
//! service's workers ([`Runner`]) take jobs that are due under a lease, and whatever a job changes through its [`JobContext`] commits only
//! while the lease holds: a process that was thought dead, and was not, cannot add a second effect.
//!
//! - **Which one is next**: tenants take turns, so that one tenant's ten thousand jobs do not hold up another's one. Within a tenant the
//!   more urgent [`Priority`] comes first, then what has been due for longer.
//! - **How many at once**: a [`Queue`] bounds what runs and what starts, over all processes, in all and for each tenant.
//! - **What failed** is tried again as the job's [`Retries`] say; then it stays, with its errors, for a person.

mod context;
mod cron;
mod enqueue;
mod error;
pub(crate) mod execute;
mod handler;
mod job;
mod limits;
pub(crate) mod list;
mod listed;
mod observer;
mod queue;
mod record;
mod runner;
mod schedule;
mod schema;
mod take;
mod tick;
mod upkeep;

pub use context::{JobContext, Progress};
pub use cron::{Cron, CronError};
pub use enqueue::{Enqueue, Enqueued, enqueue, find_waiting, nudge, withdraw};
pub use error::JobError;
pub use handler::{JobHandler, Jobs, JobsError};
pub use job::{Job, Priority, Retries};
pub use list::{Board, BoardError, Filter, Page};
pub use listed::{JobFailure, JobSheet, JobState, ScheduleLine};
pub use observer::{NoObserver, Observer, Outcome, Standing};
pub use queue::{DEFAULT_QUEUE, Queue, Rate};
pub use runner::{Runner, Timing};
pub use schedule::{Missed, Schedule};

pub(crate) use enqueue::insert_kind;
pub(crate) use record::text_of;
pub(crate) use schema::tables;
