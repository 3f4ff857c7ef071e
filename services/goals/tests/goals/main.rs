//! The goals service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod check_ins;
mod demo;
mod events;
mod goals;
mod grants;
mod habits;
mod hanging;
mod indexes;
mod kept;
mod refusals;
mod support;
mod tasks;
