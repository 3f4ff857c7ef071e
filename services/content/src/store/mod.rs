//! The service's queries. Row security decides what is visible; the filters here are for the index and for meaning.

pub(crate) mod acceptances;
pub(crate) mod journals;
pub(crate) mod legal;
pub(crate) mod template_texts;
