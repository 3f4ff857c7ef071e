//! The notifications service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod deliveries;
mod inbox;
mod operators;
mod preferences;
mod refusals;
mod streams;
mod support;
mod torture;
