//! The service as its clients meet it: over real sockets, with a broker in memory and with Redis.

#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod desk;
mod events;
mod fixture;
mod hostile;
mod nodes;
mod people;
mod recovery;
mod rooms;
mod streams;
mod unmodified;
