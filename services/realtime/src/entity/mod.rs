//! The rows of the service.
#![expect(unreachable_pub, reason = "SeaORM's derives want public items")]

pub(crate) mod document;
pub(crate) mod document_version;
