//! Work in several steps, each of which can be taken back.
//!
//! A [`Saga`] is plain async Rust: steps in order, each with what undoes it. [`start`] writes it in the transaction of the change that asks
//! for it; a job drives it. What each step came to is written down before the next begins, so any process goes on after a crash where
//! another stopped. A step may therefore run twice: it has a key that stays the same ([`StepContext::key`]), and must be idempotent.
//!
//! When a step cannot be done, it and those before it are undone in reverse order; a step whose outcome is not known is undone as well. After
//! the point of no return nothing is undone. A saga that can go neither way is stuck: it stays, with its history, for a person, who resumes
//! or compensates it.

mod build;
mod context;
mod drive;
mod list;
mod row;
mod start;

use banyan_store::schema::{ColumnType, Table};
use banyan_store::{Policy, Rule};

pub use build::{Saga, SagaBuilder};
pub use context::StepContext;
pub use list::{SagaBoard, SagaEvent, SagaFilter, SagaSheet, SagaState};
pub use start::{Start, Started, start};

pub(crate) use drive::driver;
pub(crate) use row::{counts, forget};
pub(crate) use start::KIND;

pub(crate) fn tables() -> Vec<Table> {
    let policy = Policy::closed().insert(Rule::Tenant("tenant")).read(Rule::System).update(Rule::System).delete(Rule::System);
    let sagas = Table::installation("sagas", policy)
        .column("tenant", ColumnType::Uuid)
        .column("name", ColumnType::Text)
        // `running`, `compensating`, `stuck`; then `done` or `compensated`.
        .column("state", ColumnType::Text)
        // The step that is done next; while it is undone, the one that is undone next, and -1 when all are.
        .column("step", ColumnType::Integer)
        // Of this step.
        .column("attempts", ColumnType::Integer)
        .column("input", ColumnType::Json)
        // What steps keep for later ones.
        .column("kept", ColumnType::Json)
        // What happened, the latest at the end.
        .column("history", ColumnType::Json)
        .column("compensate_asked", ColumnType::Boolean)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        // Whether a stuck one was being undone.
        .column("backwards", ColumnType::Boolean)
        // Steps from this one on are not undone; unknown before the first attempt.
        .optional("no_return", ColumnType::Integer)
        // Given up at the end, so that the key may be used again.
        .optional("unique_key", ColumnType::Text)
        .index(&["state", "updated_at"])
        .index(&["tenant", "id"])
        .unique(&["tenant", "name", "unique_key"]);
    vec![sagas]
}
