//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch.

pub mod door;
pub mod migration;
pub mod step;
