//! The door for events as programs outside meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod publish;
mod publishers;
mod webhooks;
