//! The mesh over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod failover;
mod fixture;
mod hygiene;
mod languages;
mod limits;
mod nodes;
mod remote;
