//! The store's tests, on SQLite and on PostgreSQL.

#[path = "store/bookkeeping.rs"]
mod bookkeeping;
#[path = "store/notes.rs"]
mod notes;
#[path = "store/security/mod.rs"]
mod security;
#[path = "store/transactions.rs"]
mod transactions;
