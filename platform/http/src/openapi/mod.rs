//! The OpenAPI 3.1 document of all services together.

mod operation;

pub use operation::{Access, Operation, operations, signed_in_operations};
