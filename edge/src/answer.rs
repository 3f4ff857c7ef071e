//! What is done with an answer before it leaves.

pub(crate) mod compress;
pub(crate) mod cors;
pub(crate) mod security;
