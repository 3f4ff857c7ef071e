//! The front door from outside: without a socket (`door`), over a socket (`socket`, `arrivals`, `streams`, `upgrades`), and its end (`ending`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod arrivals;
mod cached;
mod documented;
mod door;
mod ending;
mod fixture;
mod hostile;
mod images;
mod limits;
mod people;
mod redis;
mod reload;
mod routes;
mod socket;
mod splits;
mod streams;
mod upgrades;
mod upstream_tls;
mod wires;
