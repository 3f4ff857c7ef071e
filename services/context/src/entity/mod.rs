//! The rows of the service.
#![expect(unreachable_pub, reason = "SeaORM's derives want public items")]

pub(crate) mod change;
pub(crate) mod counter;
pub(crate) mod feature;
pub(crate) mod habit;
pub(crate) mod item;
pub(crate) mod item_version;
pub(crate) mod participant;
pub(crate) mod pattern;
pub(crate) mod preference;
pub(crate) mod room;
pub(crate) mod run;
pub(crate) mod seat;
pub(crate) mod session;
pub(crate) mod suggestion;
pub(crate) mod taste;
