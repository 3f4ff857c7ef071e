//! What is done with an answer before it leaves.

pub(crate) mod compress;
pub(crate) mod cors;
mod keeping;
pub(crate) mod security;
