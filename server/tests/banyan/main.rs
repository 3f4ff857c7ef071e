//! The real program, started as a person would start it, on both engines.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backup;
mod bad_input;
mod beside_a_server;
mod command_line;
mod database;
mod degraded;
mod ends;
mod erasure;
mod events;
mod every_table;
mod first_steps;
mod front_door;
mod hand_over;
mod harness;
mod kept;
mod kill_9;
mod notifications;
mod observed;
mod outside;
mod own_service;
mod portal;
mod postgres;
mod readme;
mod routes;
mod split;
mod starts;
mod stored_routes;
mod strangle;
mod typescript;
mod under_load;
mod welcome;
mod wire;
