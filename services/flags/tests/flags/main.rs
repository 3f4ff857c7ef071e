//! The flags service as administrators, callers and clients meet it, on both engines.

#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

mod clients;
mod crud;
mod evaluation;
mod experiments;
mod follow;
mod refusals;
mod requests;
mod segments;
mod support;
mod tokens;
mod transfer;
