//! What services say to one another, as types: events and calls. A service imports this, never another service.

mod envelope;
pub mod identity;

pub use envelope::{CloudEvent, Event};
