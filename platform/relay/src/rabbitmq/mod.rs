//! RabbitMQ (AMQP 0.9.1): each event is a persistent message, confirmed by the broker before the log's place moves.
//!
//! - **Exchange**: one of type topic, durable; routing key `<tenant>.<type>`, so that a queue is bound to `*.identity.#` or to one tenant.
//! - **Content**: a CloudEvent in JSON, structured mode, with the content type that says so; `message_id` is the event's id, `type` its type.
//!   (The CloudEvents binding for AMQP is for AMQP 1.0; RabbitMQ's plug-in for that shows these properties under its names.)
//! - **Kept**: what comes into a durable queue is on its disk before it is confirmed. What no queue is bound for is dropped by the broker.
//! - **In order**: of two events with the same tenant and subject the second is sent when the first is confirmed: a broker may refuse one and
//!   take the next.
//! - **Wiped**: for each service there is an exchange whose name nobody else gives. Where it is gone, the log is sent again.

mod options;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_events::log::{Doing, Last, Mark, Opened, Sink, SinkError};
use banyan_kernel::Ids;
use futures_util::future::join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, ConnectionProperties, DefaultConnectionBuilder, ExchangeKind};
use parking_lot::Mutex;

pub use options::{RabbitOptions, RabbitQueue, UnusableRabbit};

use crate::message::{Message, STRUCTURED, waves};
use crate::{CONNECT_DEADLINE, DEADLINE, LOOK};

/// On the disk, where the queue is durable.
const PERSISTENT: u8 = 2;
/// What the broker answers when a thing is not there (AMQP 0.9.1, §1.2).
const NOT_FOUND: u16 = 404;

/// A RabbitMQ that is given the events of all services.
pub struct RabbitSink {
    options: RabbitOptions,
    ids: Ids,
    current: Mutex<Option<Connection>>,
    /// One connection is made at a time.
    making: tokio::sync::Mutex<()>,
    epoch: AtomicU64,
}

#[derive(Clone)]
struct Connection {
    epoch: u64,
    connection: Arc<lapin::Connection>,
    /// Messages are confirmed on it.
    publishing: Channel,
}

impl RabbitSink {
    /// Nothing is connected yet: a broker that is away keeps nobody from starting.
    pub fn new(options: RabbitOptions, ids: Ids) -> Self {
        let making = tokio::sync::Mutex::default();
        Self { options, ids, current: Mutex::new(None), making, epoch: AtomicU64::new(0) }
    }

    /// Without one that broke.
    fn alive(&self) -> Option<Connection> {
        let mut current = self.current.lock();
        if current.as_ref().is_some_and(|current| !current.publishing.status().connected()) {
            *current = None;
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
        current.clone()
    }

    async fn connected(&self) -> Result<Connection, SinkError> {
        let _turn = self.making.lock().await;
        if let Some(connection) = self.alive() {
            return Ok(connection);
        }
        let mut why = SinkError("no server of RabbitMQ is set".to_owned());
        for server in &self.options.servers {
            let shown = options::shown(server);
            match tokio::time::timeout(CONNECT_DEADLINE, self.connect(server)).await {
                Ok(Ok((connection, publishing))) => {
                    let epoch = self.epoch.fetch_add(1, Ordering::AcqRel) + 1;
                    let connection = Connection { epoch, connection: Arc::new(connection), publishing };
                    *self.current.lock() = Some(connection.clone());
                    return Ok(connection);
                }
                Ok(Err(Failed::Settings(error))) => return Err(error),
                Ok(Err(Failed::Broker(error))) => why = SinkError(format!("RabbitMQ at {shown} cannot be reached: {error}")),
                Err(_) => why = SinkError(format!("RabbitMQ at {shown} does not answer in time")),
            }
        }
        Err(why)
    }

    async fn connect(&self, server: &lapin::uri::AMQPUri) -> Result<(lapin::Connection, Channel), Failed> {
        let properties = ConnectionProperties::default().with_connection_name("banyan relay".into());
        let builder = DefaultConnectionBuilder::new()?.with_uri(server.clone()).with_properties(properties);
        let connection = builder.with_tls_config(self.options.tls().await?).connect().await?;
        let publishing = connection.create_channel().await?;
        publishing.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok((connection, publishing))
    }

    /// A connection that failed is not used again: nobody knows what of it was heard.
    fn drop_connection(&self, used: u64) {
        let mut current = self.current.lock();
        if current.as_ref().is_some_and(|current| current.epoch == used) {
            *current = None;
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
    }

    async fn look(&self, noted: Option<&Mark>) -> Result<Opened, SinkError> {
        let Connection { epoch, connection, .. } = self.connected().await?;
        let looked = tokio::time::timeout(DEADLINE, self.make_ready(&connection, noted)).await;
        let looked = looked
            .map_err(|_| SinkError("RabbitMQ does not answer in time".to_owned()))
            .and_then(|looked| looked.map_err(|error| SinkError(format!("RabbitMQ does not have what is needed: {error}"))));
        let (identity, lost) = looked.inspect_err(|_| self.drop_connection(epoch))?;
        Ok(Opened { epoch, identity, lost })
    }

    /// Makes what is missing, and says which identity the broker has for the log.
    async fn make_ready(
        &self,
        connection: &lapin::Connection,
        noted: Option<&Mark>,
    ) -> Result<(String, Option<String>), lapin::Error> {
        let known = match noted {
            Some(noted) => self.has_marker(connection, &noted.identity).await?,
            None => false,
        };
        let channel = connection.create_channel().await?;
        let exchange = name(&self.options.exchange);
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(exchange.clone(), ExchangeKind::Topic, durable, FieldTable::default()).await?;
        for queue in &self.options.queues {
            let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
            channel.queue_declare(name(&queue.name), durable, FieldTable::default()).await?;
            let (queue, binding) = (name(&queue.name), name(&queue.binding));
            channel.queue_bind(queue, exchange.clone(), binding, QueueBindOptions::default(), FieldTable::default()).await?;
        }
        let found = match noted {
            Some(noted) if known => (noted.identity.clone(), None),
            _ => {
                let identity = self.ids.next().to_string();
                let internal = ExchangeDeclareOptions { internal: true, ..durable };
                let marker = name(&self.options.marker(&identity));
                channel.exchange_declare(marker, ExchangeKind::Fanout, internal, FieldTable::default()).await?;
                let lost = noted.map(|noted| format!("the exchange `{}` is gone", self.options.marker(&noted.identity)));
                (identity, lost)
            }
        };
        channel.close(200, "done".into()).await?;
        Ok(found)
    }

    async fn has_marker(&self, connection: &lapin::Connection, identity: &str) -> Result<bool, lapin::Error> {
        // The broker closes the channel with its answer if there is none.
        let channel = connection.create_channel().await?;
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let marker = name(&self.options.marker(identity));
        match channel.exchange_declare(marker, ExchangeKind::Fanout, passive, FieldTable::default()).await {
            Ok(()) => channel.close(200, "done".into()).await.map(|()| true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Events of which no two share a key: all at once.
    async fn send_wave(&self, channel: &Channel, wave: &[Message]) -> Result<(), SinkError> {
        let mut confirms = Vec::with_capacity(wave.len());
        for message in wave {
            let event = &message.event;
            let key = ShortString::try_new(format!("{}.{}", event.tenant, event.kind)).map_err(|error| refused(event, &error))?;
            let (exchange, options) = (name(&self.options.exchange), BasicPublishOptions::default());
            let sent = channel.basic_publish(exchange, key, options, &message.content, properties(event)).await;
            confirms.push(sent.map_err(|error| refused(event, &error))?);
        }
        for (message, confirmed) in wave.iter().zip(join_all(confirms).await) {
            let confirmed = confirmed.map_err(|error| refused(&message.event, &error))?;
            if !matches!(confirmed, Confirmation::Ack(_)) {
                return Err(refused(&message.event, &"a queue does not take it"));
            }
        }
        Ok(())
    }

    async fn send_all(&self, under: u64, events: Vec<Arc<CloudEvent>>) -> Result<Option<Last>, SinkError> {
        let connection = self.alive().filter(|connection| connection.epoch == under);
        let Some(Connection { epoch, publishing, .. }) = connection else {
            return Err(SinkError("RabbitMQ is no longer connected as it was".to_owned()));
        };
        for wave in waves(Message::all(events)?) {
            let sent = tokio::time::timeout(DEADLINE, self.send_wave(&publishing, &wave)).await;
            let sent = sent.unwrap_or_else(|_| Err(SinkError("RabbitMQ does not confirm in time".to_owned())));
            sent.inspect_err(|_| self.drop_connection(epoch))?;
        }
        // The broker gives no numbers, and does not need them: what it confirmed is on its disk.
        Ok(None)
    }
}

enum Failed {
    Settings(SinkError),
    Broker(lapin::Error),
}

impl From<SinkError> for Failed {
    fn from(error: SinkError) -> Self {
        Self::Settings(error)
    }
}

impl From<lapin::Error> for Failed {
    fn from(error: lapin::Error) -> Self {
        Self::Broker(error)
    }
}

fn refused(event: &CloudEvent, why: &dyn std::fmt::Display) -> SinkError {
    SinkError(format!("RabbitMQ did not take {} {}: {why}", event.kind, event.id))
}

/// All names are checked where they are set.
fn name(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

fn is_missing(error: &lapin::Error) -> bool {
    matches!(error.kind(), lapin::ErrorKind::ProtocolError(error) if error.get_id() == NOT_FOUND)
}

fn properties(event: &CloudEvent) -> BasicProperties {
    BasicProperties::default()
        .with_content_type(STRUCTURED.into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(name(&event.id.to_string()))
        .with_type(name(&event.kind))
        .with_timestamp(u64::try_from(event.time.seconds()).unwrap_or(0))
        .with_app_id("banyan".into())
}

impl Sink for RabbitSink {
    fn name(&self) -> &'static str {
        "relay.rabbitmq"
    }

    fn epoch(&self) -> u64 {
        let _alive = self.alive();
        self.epoch.load(Ordering::Acquire)
    }

    fn open<'a>(&'a self, _service: &'a str, noted: Option<&'a Mark>) -> Doing<'a, Result<Opened, SinkError>> {
        Box::pin(self.look(noted))
    }

    fn send<'a>(
        &'a self,
        _service: &'a str,
        epoch: u64,
        events: Vec<Arc<CloudEvent>>,
    ) -> Doing<'a, Result<Option<Last>, SinkError>> {
        Box::pin(self.send_all(epoch, events))
    }

    /// Whoever deletes its exchanges cuts no connection.
    fn look_every(&self) -> Option<Duration> {
        Some(LOOK)
    }
}

impl std::fmt::Debug for RabbitSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitSink").field("options", &self.options).finish_non_exhaustive()
    }
}
