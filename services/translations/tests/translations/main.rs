//! The service of translations as translators meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod files;
mod format;
mod lasting;
mod live;
mod machine;
mod workflow;
