//! The service's queries. Row security decides what is visible; the filters here are for the indexes and for meaning.

pub(crate) mod check_ins;
pub(crate) mod goals;
pub(crate) mod habits;
pub(crate) mod owned;
pub(crate) mod purge;
pub(crate) mod tasks;
