//! The OpenAPI 3.1 document of all services together.

mod common;
mod complete;
mod merge;
mod operation;

pub use merge::{MergeError, merge, text};
pub(crate) use operation::operations_mut;
pub use operation::{Access, Operation, loose_bodies, operations, signed_in_operations};
