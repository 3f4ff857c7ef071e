//! The store's tests, on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says so")]

#[path = "store/bookkeeping.rs"]
mod bookkeeping;
#[path = "store/notes.rs"]
mod notes;
#[path = "store/notices.rs"]
mod notices;
#[path = "store/pipelines.rs"]
mod pipelines;
#[path = "store/replicas/mod.rs"]
mod replicas;
#[path = "store/security/mod.rs"]
mod security;
#[path = "store/tls.rs"]
mod tls;
#[path = "store/transactions.rs"]
mod transactions;
