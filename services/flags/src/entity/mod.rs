//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch.

pub mod change;
pub mod environment;
pub mod experiment;
pub mod flag;
pub mod request;
pub mod revision;
pub mod segment;
pub mod subject;
pub mod token;
pub mod usage;
