//! Events for programs outside, through brokers that they know: NATS JetStream.
//!
//! A [`NatsSink`] is given to the consumers of each service ([`banyan_events::Consumers::relayed_to`]). It stands in a crate of its own, so that
//! those who only write events do not wait for a broker's client to compile.

mod nats;

pub use nats::{NatsOptions, NatsSink, Unusable};
