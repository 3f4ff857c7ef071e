//! The queries of the service.

pub(crate) mod answers;
pub(crate) mod messages;
pub(crate) mod notes;
pub(crate) mod summary;
pub(crate) mod tickets;
pub(crate) mod upkeep;
