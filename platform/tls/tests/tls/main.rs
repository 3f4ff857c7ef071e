//! Certificates as clients and other nodes see them, and an authority that checks the protocol.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acme;
mod authority;
mod nodes;
mod server;
mod support;
