//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch.

pub mod door;
pub mod entry;
pub mod entry_version;
pub mod migration;
pub mod purge;
pub mod step;
pub mod sums;
