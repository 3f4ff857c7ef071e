//! Shared documents: many people edit one thing at a time, and all end with the same (CRDT, the format of Yjs), by the protocol of `y-websocket`.
//!
//! A document belongs to a room: who may listen reads it, who may speak changes it. While somebody is there a process has it in memory, and one
//! task, its keeper, does everything with it in order ([`keeper`]). What is changed is stored before anybody else sees it. Processes tell one
//! another what they stored; updates are numbered by the store, so that whoever missed one knows, and reads it there.

mod awareness;
mod between;
mod deletion;
mod entrance;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod heavy;
mod keeper;
mod out;
mod peers;
mod registry;
mod replica;
mod scan;
mod socket;
mod store;
mod wire;

pub(crate) use deletion::delete;
pub(crate) use entrance::{allowed, enter};
pub(crate) use keeper::Work;
pub(crate) use registry::{Ears, Registry, TooMany};
pub(crate) use socket::converse;
pub(crate) use store::{DocumentError, Documents, erase, forget};
