//! Rows as SeaORM reads and writes them. Times are microseconds since the epoch.

pub mod journal;
pub mod legal_acceptance;
pub mod legal_text;
pub mod legal_version;
pub mod template_text;
