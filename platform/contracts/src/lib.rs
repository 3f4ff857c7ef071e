//! What services say to one another, as types: events and calls. A service imports this, never another service.

pub mod asyncapi;
pub mod catalogue;
pub mod content;
pub mod context;
mod envelope;
pub mod event_door;
pub mod flags;
pub mod goals;
pub mod identity;
pub mod limits;
pub mod realtime;
pub mod splits;
pub mod support;
pub mod usage;

pub use envelope::{CloudEvent, Event, Keep};
