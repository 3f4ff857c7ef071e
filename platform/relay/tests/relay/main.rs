//! Events on their way into NATS, which the tests kill, start again and wipe.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod arrives;
mod lost;
mod things;
mod torture;
