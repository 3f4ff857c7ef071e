//! The rows of the service.
#![expect(unreachable_pub, reason = "SeaORM's derives want public items")]

pub(crate) mod answer;
pub(crate) mod message;
pub(crate) mod note;
pub(crate) mod ticket;
