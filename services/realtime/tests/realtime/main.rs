//! The service as its clients meet it: over real sockets, with a broker in memory and with Redis.

#![expect(clippy::unwrap_used, reason = "tests")]

mod calls;
mod client;
mod conformance;
mod desk;
mod documents;
mod documents_history;
mod documents_hostile;
mod documents_nodes;
mod documents_unmodified;
mod editor;
mod events;
mod fixture;
mod hostile;
mod line;
mod nodes;
mod people;
mod raw;
mod recovery;
mod rooms;
mod stopping;
mod streams;
mod unmodified;
