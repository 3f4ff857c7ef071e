//! The service's queries. Row security decides what is visible; the filters here are for the index and for meaning.

pub(crate) mod journals;
