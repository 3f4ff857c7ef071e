//! The HTTP layer as a client meets it: tiny routers, real requests.

#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod bodies;
mod callers;
mod catalogues;
mod conditions;
mod documents;
mod error_pages;
mod idempotency;
mod lists;
mod parameters;
mod problems;
mod services;
mod support;
