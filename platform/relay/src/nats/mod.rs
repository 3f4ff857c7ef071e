//! NATS JetStream: each event is a message of one stream, acknowledged before the log's place moves.
//!
//! - **Subject**: `<prefix>.<tenant>.<type>`, so that a program asks for `banyan.*.identity.>` or for one tenant.
//! - **Content**: CloudEvents in structured mode, as JSON (NATS protocol binding 1.0.2, §3.2:
//!   <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md>), with the header `Content-Type`.
//! - **Once**: `Nats-Msg-Id` is the event's id. JetStream drops what comes again within its window; later, consumers must.
//! - **In order**: of two events with the same tenant and subject the second is sent when the first is acknowledged. All others travel together.

mod message;
mod options;
mod stream;

use std::future::{IntoFuture as _, ready};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use async_nats::connection::State;
use async_nats::jetstream::context::{Context, ContextBuilder};
use async_nats::{Client, Event, Statistics};
use banyan_contracts::CloudEvent;
use banyan_events::log::{Doing, Last, Mark, Opened, Sink, SinkError};
use futures_util::future::join_all;
use parking_lot::Mutex;

pub use options::{NatsOptions, Unusable};

use crate::message::{Message, waves};
use crate::{CONNECT_DEADLINE, DEADLINE};

/// A JetStream stream that holds the events of all services.
pub struct NatsSink {
    options: NatsOptions,
    connection: tokio::sync::Mutex<Option<Connection>>,
    /// Of the client, for those who publish.
    context: Mutex<Option<Context>>,
    /// How often the client has connected.
    connects: OnceLock<Arc<Statistics>>,
    /// What the broker or the client said last, while there is no connection.
    said: Arc<Mutex<Option<String>>>,
}

struct Connection {
    client: Client,
    context: Context,
}

impl NatsSink {
    /// Nothing is connected yet: a broker that is away keeps nobody from starting.
    pub fn new(options: NatsOptions) -> Self {
        let (connection, context) = (tokio::sync::Mutex::default(), Mutex::new(None));
        Self { options, connection, context, connects: OnceLock::new(), said: Arc::default() }
    }

    async fn connected(&self) -> Result<Context, SinkError> {
        let mut connection = self.connection.lock().await;
        if let Some(Connection { client, context }) = &*connection {
            // The client looks for the broker by itself.
            return match client.connection_state() {
                State::Connected => Ok(context.clone()),
                _ => Err(self.away()),
            };
        }
        let said = self.said.clone();
        let options = self.options.connect_options().await?.event_callback(move |event| {
            listen(&said, &event);
            ready(())
        });
        let connecting = options.connect(self.options.servers());
        let client = match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(SinkError(format!("NATS at {} does not answer: {error}", self.options.shown()))),
            Err(_) => return Err(SinkError(format!("NATS at {} does not answer in time", self.options.shown()))),
        };
        let context = ContextBuilder::new().timeout(DEADLINE).ack_timeout(DEADLINE).build(client.clone());
        *self.context.lock() = Some(context.clone());
        let _made_once = self.connects.set(client.statistics());
        *connection = Some(Connection { client, context: context.clone() });
        Ok(context)
    }

    fn away(&self) -> SinkError {
        let said = self.said.lock().as_ref().map(|said| format!(": {said}")).unwrap_or_default();
        SinkError(format!("NATS at {} is away{said}", self.options.shown()))
    }

    async fn look(&self, noted: Option<&Mark>) -> Result<Opened, SinkError> {
        let context = self.connected().await?;
        let epoch = self.epoch();
        let stream = stream::ready(&context, &self.options).await?;
        let identity = stream::identity(&stream);
        let lost = match noted {
            None => None,
            Some(noted) if noted.identity != identity => {
                Some(format!("the stream `{}` was made anew at {identity}", self.options.stream))
            }
            Some(noted) => stream::lost(&stream, noted.last).await?,
        };
        if epoch != self.epoch() {
            return Err(SinkError("the connection changed in between".to_owned()));
        }
        Ok(Opened { epoch, identity, lost })
    }

    /// Events of which no two share a key: all at once.
    async fn send_wave(&self, context: &Context, wave: &[Message]) -> Result<Option<Last>, SinkError> {
        let mut acks = Vec::with_capacity(wave.len());
        for one in wave {
            let event = &one.event;
            let sending = context.send_publish(message::subject(&self.options.prefix, event), message::of(one));
            let sent = tokio::time::timeout(DEADLINE, sending).await;
            let sent = sent.map_err(|_| SinkError("NATS takes no messages".to_owned()))?;
            acks.push(sent.map_err(|error| refused(event, &error))?.into_future());
        }
        let mut last: Option<Last> = None;
        for (Message { event, .. }, ack) in wave.iter().zip(join_all(acks).await) {
            let ack = ack.map_err(|error| refused(event, &error))?;
            if ack.stream != self.options.stream {
                return Err(SinkError(format!(
                    "another stream, `{}`, takes the subjects of `{}`",
                    ack.stream, self.options.stream
                )));
            }
            // A duplicate has the number of the message that was there before.
            if last.is_none_or(|last| last.sequence < ack.sequence) {
                last = Some(Last { sequence: ack.sequence, event: event.id });
            }
        }
        Ok(last)
    }
}

/// Why a connection does not come back: a password that was changed, a certificate that ended.
fn listen(said: &Mutex<Option<String>>, event: &Event) {
    match event {
        Event::Connected => *said.lock() = None,
        Event::ServerError(error) => *said.lock() = Some(error.to_string()),
        Event::ClientError(error) => *said.lock() = Some(error.to_string()),
        _ => {}
    }
}

fn refused(event: &CloudEvent, error: &async_nats::jetstream::context::PublishError) -> SinkError {
    SinkError(format!("NATS did not take {} {}: {error}", event.kind, event.id))
}

impl Sink for NatsSink {
    fn name(&self) -> &'static str {
        "relay.nats"
    }

    fn epoch(&self) -> u64 {
        self.connects.get().map_or(0, |statistics| statistics.connects.load(Ordering::Acquire))
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
        Box::pin(async move {
            let context = self.context.lock().clone();
            let context = context.ok_or_else(|| SinkError("NATS is not connected".to_owned()))?;
            let mut last: Option<Last> = None;
            for wave in waves(Message::all(events)?) {
                // It connects again by itself.
                if epoch != self.epoch() {
                    return Err(SinkError("NATS is no longer connected as it was".to_owned()));
                }
                let sent = self.send_wave(&context, &wave).await?;
                last = last.into_iter().chain(sent).max_by_key(|last| last.sequence);
            }
            Ok(last)
        })
    }
}

impl std::fmt::Debug for NatsSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsSink").field("stream", &self.options.stream).finish_non_exhaustive()
    }
}
