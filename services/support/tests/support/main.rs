//! The support service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod agents;
mod answers;
mod demo;
mod fixture;
mod people;
mod refusals;
mod requests;
mod terms;
