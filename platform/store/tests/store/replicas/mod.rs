//! Reads from a real standby.

mod failures;
mod freshness;
mod scene;
mod torture;
