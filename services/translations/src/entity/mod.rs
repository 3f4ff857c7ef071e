//! The rows.

#![expect(unreachable_pub, reason = "SeaORM's macros write `pub`")]

pub(crate) mod head;
pub(crate) mod memory;
pub(crate) mod publication;
pub(crate) mod step;
pub(crate) mod term;
pub(crate) mod translation;
