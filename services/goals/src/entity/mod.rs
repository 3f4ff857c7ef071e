//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch, dates `YYYY-MM-DD`.

pub mod check_in;
pub mod goal;
pub mod habit;
pub mod task;
