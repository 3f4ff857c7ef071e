//! Backups: every service's database and the key in one verified file, and the way back.
//!
//! The file is a tar archive under Zstandard. Its first member, `manifest.json`, says what is in it, with a SHA-256 of each
//! member. Databases of the embedded engine are copied while a server writes (`VACUUM INTO` reads one snapshot); PostgreSQL is
//! dumped by its own `pg_dump`. A backup counts as made when it has been read again and everything in it was found whole.

mod archive;
mod create;
mod digest;
mod manifest;
mod postgres;
mod restore;
mod sqlite;

pub(crate) use create::{WithKey, create};
pub(crate) use postgres::Tools;
pub(crate) use restore::prepare;

/// The backup was made by a newer Banyan.
#[derive(Debug, thiserror::Error)]
#[error("{0}; restore it with that version, or a later one")]
pub(crate) struct NewerBackup(pub(crate) String);
