//! The cache before a scripted origin, with a clock that the test moves.

#![allow(clippy::unwrap_used, reason = "a fixture of tests")]

mod body;
mod fixture;
mod fresh;
mod once;
mod people;
mod purge;
mod shared;
mod stale;
