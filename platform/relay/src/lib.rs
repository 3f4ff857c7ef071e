//! Events for programs outside, through brokers that they know: NATS JetStream, Redis and RabbitMQ.
//!
//! A [`NatsSink`], [`RedisSink`] or [`RabbitSink`] is given to the consumers of each service ([`banyan_events::Consumers::relayed_to`]). They
//! stand in a crate of their own, so that those who only write events do not wait for a broker's client to compile.

mod message;
mod nats;
mod rabbitmq;
mod redis;

use std::time::Duration;

pub use nats::{NatsOptions, NatsSink, Unusable};
pub use rabbitmq::{RabbitOptions, RabbitQueue, RabbitSink, UnusableRabbit};

pub use self::redis::{Delivery, RedisOptions, RedisSink, UnusableRedis};

/// How long an answer of a broker may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Connecting, with TLS and credentials.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// How often brokers that lose things without a word are asked what they have.
const LOOK: Duration = Duration::from_secs(5);
