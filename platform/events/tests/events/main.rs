//! Consumers of events, jobs and sagas, on both engines.
#![allow(clippy::unwrap_used, reason = "tests")]

mod apart;
mod dead_letters;
mod desk;
mod effects;
mod failures;
mod handling;
mod jobs;
mod log;
mod lost;
mod nodes;
mod sagas;
mod schedules;
mod things;
mod upgrade;
