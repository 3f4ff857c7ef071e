//! Events on their way into NATS, Redis and RabbitMQ, which the tests kill, start again and wipe.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod arrives;
mod long_run;
mod lost;
mod rabbitmq;
mod redis;
mod secured;
mod things;
mod torture;
