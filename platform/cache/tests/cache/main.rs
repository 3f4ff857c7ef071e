//! The cache as services meet it: alone, and several over one shared part.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cluster;
mod ended;
mod kept;
mod people;
mod redis;
mod sentinel;
mod shared;
mod support;
mod torture;
