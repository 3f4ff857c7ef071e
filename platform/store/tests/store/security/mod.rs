//! Row security: attacks on every kind of table, ways around the guard, and the comparison of both engines.

mod attacks;
mod compare;
mod compliance;
mod concurrent;
mod fixture;
mod generate;
mod guard;
mod readers;
mod statements;
