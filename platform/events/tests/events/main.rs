//! Jobs and sagas on both engines.
#![allow(clippy::unwrap_used, reason = "tests")]

mod effects;
mod jobs;
mod lost;
mod sagas;
mod schedules;
