//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch.

pub mod journal;
