//! Rows as they are stored. Times are microseconds since the epoch.

#![expect(unreachable_pub, reason = "SeaORM's macros write `pub`")]

pub(crate) mod delivery;
pub(crate) mod destination;
pub(crate) mod endpoint;
pub(crate) mod notification;
pub(crate) mod phone;
pub(crate) mod preference;
pub(crate) mod profile;
pub(crate) mod suppression;
