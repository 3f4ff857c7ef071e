//! The notifications service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod deliveries;
mod destinations;
mod inbox;
mod operators;
mod phones;
mod preferences;
mod providers;
mod refusals;
mod streams;
mod support;
mod tests;
mod tickets;
mod torture;
mod upgrade;
