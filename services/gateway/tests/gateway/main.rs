//! The gateway service as operators meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod entries;
mod migrations;
mod purges;
mod told;
mod upgrade;
