//! What is outside and is given all events.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use banyan_events::log::Sink;
use banyan_kernel::Ids;
use banyan_relay::{NatsOptions, NatsSink, RabbitOptions, RabbitSink, RedisOptions, RedisSink};

use crate::settings::Settings;
use crate::settings::brokers::{EventsRedisSection, NatsSection, RabbitSection};

/// All that are set.
pub(super) fn sinks(settings: &Settings, ids: &Ids) -> Result<Vec<Arc<dyn Sink>>> {
    let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
    sinks.extend(nats(&settings.events_nats)?.map(|options| Arc::new(NatsSink::new(options)) as Arc<dyn Sink>));
    sinks.extend(redis(&settings.events_redis)?.map(|options| Arc::new(RedisSink::new(options)) as Arc<dyn Sink>));
    let rabbitmq = rabbitmq(&settings.events_rabbitmq)?;
    sinks.extend(rabbitmq.map(|options| Arc::new(RabbitSink::new(options, ids.clone())) as Arc<dyn Sink>));
    Ok(sinks)
}

fn nats(set: &NatsSection) -> Result<Option<NatsOptions>> {
    let Some(url) = &set.url else { return Ok(None) };
    let mut options = NatsOptions::new(&url.0, &set.stream, &set.prefix).context("`events.nats`")?;
    options.credentials.clone_from(&set.credentials);
    options.token.clone_from(&set.token);
    options.roots.clone_from(&set.roots);
    options.certificate = pair("events.nats", set.certificate.as_ref(), set.key.as_ref())?;
    options.max_age = set.max_age.0;
    options.max_bytes = set.max_bytes.map_or(0, |bytes| bytes.0);
    options.replicas = usize::try_from(set.replicas.0)?;
    Ok(Some(options))
}

fn redis(set: &EventsRedisSection) -> Result<Option<RedisOptions>> {
    let Some(url) = &set.url else { return Ok(None) };
    let mut options = RedisOptions::new(&url.0, &set.prefix).context("`events.redis`")?;
    options.delivery = set.delivery.into();
    options.max_length = u64::from(set.max_length.0);
    options.roots.clone_from(&set.roots);
    options.certificate = pair("events.redis", set.certificate.as_ref(), set.key.as_ref())?;
    Ok(Some(options))
}

fn rabbitmq(set: &RabbitSection) -> Result<Option<RabbitOptions>> {
    let Some(url) = &set.url else { return Ok(None) };
    let mut options = RabbitOptions::new(&url.0, &set.exchange).context("`events.rabbitmq`")?;
    options.queues = set.queues.iter().map(|queue| queue.0.clone()).collect();
    options.roots.clone_from(&set.roots);
    options.certificate = pair("events.rabbitmq", set.certificate.as_ref(), set.key.as_ref())?;
    Ok(Some(options))
}

/// A certificate and its key.
fn pair(section: &str, certificate: Option<&PathBuf>, key: Option<&PathBuf>) -> Result<Option<(PathBuf, PathBuf)>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
        (None, None) => Ok(None),
        _ => bail!("`{section}.certificate` and `{section}.key` go together: set both or none"),
    }
}
