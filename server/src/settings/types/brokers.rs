//! Settings of the brokers that events are relayed to.

use std::borrow::Cow;

use banyan_kernel::Secret;
use banyan_relay::{Delivery, NatsOptions, RabbitOptions, RabbitQueue};

use super::{Invalid, Setting, not};

/// The servers of NATS, which may have a user and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NatsUrl(pub(crate) Secret<String>);

impl Setting for NatsUrl {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        "one or more URLs of the form nats://host:4222 or tls://user:password@host:4222, with commas between them".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let url = Secret::new(text.to_owned());
        NatsOptions::new(&url, "banyan", "banyan").map_err(|error| Invalid(error.to_string()))?;
        Ok(Self(url))
    }
}

/// The servers of RabbitMQ, which may have a user and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RabbitUrl(pub(crate) Secret<String>);

impl Setting for RabbitUrl {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        "one or more URLs of the form amqp://user:password@host:5672/vhost or amqps://…, with commas between them".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let url = Secret::new(text.to_owned());
        RabbitOptions::new(&url, "banyan").map_err(|error| Invalid(error.to_string()))?;
        Ok(Self(url))
    }
}

/// A queue of RabbitMQ, and which events come into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventQueue(pub(crate) RabbitQueue);

impl Setting for EventQueue {
    fn form() -> Cow<'static, str> {
        "a queue and its binding, such as audit=*.identity.#".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        RabbitQueue::parse(text).map(Self).map_err(|_| not::<Self>(text))
    }
}

/// How programs hear events from Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventDelivery(Delivery);

impl From<EventDelivery> for Delivery {
    fn from(EventDelivery(delivery): EventDelivery) -> Self {
        delivery
    }
}

impl Setting for EventDelivery {
    fn form() -> Cow<'static, str> {
        "`both`, `channel` or `stream`".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "both" => Ok(Self(Delivery::Both)),
            "channel" => Ok(Self(Delivery::Channel)),
            "stream" => Ok(Self(Delivery::Stream)),
            _ => Err(not::<Self>(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_named_or_refused() {
        assert!(RabbitUrl::parse("amqp://a").is_ok() && RabbitUrl::parse("http://a").is_err());
        assert!(NatsUrl::parse("nats://a").is_ok() && NatsUrl::parse("amqp://a").is_err());
        let queues = Vec::<EventQueue>::parse("audit=*.identity.#, all=#").unwrap();
        assert_eq!(queues.iter().map(|queue| &*queue.0.binding).collect::<Vec<_>>(), ["*.identity.#", "#"]);
        assert!(EventQueue::parse("audit").unwrap_err().0.contains("audit=*.identity.#"));
        assert!(EventDelivery::parse("Stream").is_ok() && EventDelivery::parse("queue").is_err());
    }
}
