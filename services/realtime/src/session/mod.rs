//! A conversation with one client, whatever carries it.

mod authentication;
mod commands;
pub(crate) mod pace;
pub(crate) mod socket;
pub(crate) mod stream;

use std::sync::Arc;

use ahash::HashMap;
use banyan_kernel::{Caller, RequestId};
use banyan_locale::Negotiated;
use serde::Serialize;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::engine::Engine;
use crate::hub::{Leaving, Link};
use crate::protocol::{Command, Disconnect, Refusal, Request, commands, failed, push};
use crate::room::RoomKey;
use pace::Pace;

/// What came with the request that began the conversation.
pub(crate) struct Hello {
    pub(crate) caller: Caller,
    /// Of `Authorization`: it is verified again, so that its end is known.
    pub(crate) bearer: Option<String>,
    pub(crate) request: RequestId,
    /// In which methods answer.
    pub(crate) language: Option<Negotiated>,
}

/// What carries a conversation.
pub(crate) enum Carrier {
    Socket,
    /// Replies go by a stream of this name, commands come by requests. Nobody answers pings.
    Stream(String),
}

/// One conversation. [`Session::end`] ends it.
pub(crate) struct Session {
    engine: Arc<Engine>,
    pub(crate) link: Arc<Link>,
    hello: Hello,
    carrier: Carrier,
    /// By the room's name, with the subscription's number.
    rooms: HashMap<Arc<str>, u64>,
    pace: Pace,
    /// A `connect` was refused: what came behind it in the same frame is passed over, and the client may try another token.
    is_refused: bool,
}

/// How a command that has no reply of its own ends.
enum Outcome {
    /// The reply is in the outbox.
    Replied,
    Reply(Utf8Bytes),
    /// There is nothing to say.
    Silent,
}

#[derive(Serialize)]
struct UnsubscribePush {
    code: u32,
    reason: String,
}

impl Session {
    pub(crate) fn begin(engine: Arc<Engine>, hello: Hello, carrier: Carrier) -> Self {
        engine.run();
        let link = engine.hub.open(engine.ids.next());
        let pace = Pace::new(engine.settings.commands_per_second);
        Self { engine, link, hello, carrier, rooms: HashMap::default(), pace, is_refused: false }
    }

    /// Does what a frame asks for, in order. Replies are in the outbox.
    ///
    /// # Errors
    /// Why the conversation is over.
    pub(crate) async fn receive(&mut self, frame: &str) -> Result<(), Disconnect> {
        self.link.is_alive();
        let commands = commands(frame).map_err(|_| Disconnect::BadRequest)?;
        for command in commands {
            self.obey(command).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, command: Command<'_>) -> Result<(), Disconnect> {
        let id = command.id;
        let request = command.request().map_err(|_| Disconnect::BadRequest)?;
        if matches!(request, Request::Pong) {
            return Ok(());
        }
        let needs_reply = !matches!(request, Request::Send);
        if needs_reply && id == 0 {
            return Err(Disconnect::BadRequest);
        }
        match self.pace.step() {
            pace::Step::Fine => {}
            pace::Step::TooFast => {
                self.link.outbox.send(failed(id, Refusal::TooManyRequests));
                return Ok(());
            }
            pace::Step::Hostile => return Err(Disconnect::TooManyRequests),
        }
        if self.link.who().is_none() {
            return match request {
                Request::Connect(connect) => self.connect(id, &connect).await,
                // Clients send their subscriptions along with the connect command, and again once they are let in.
                _ if self.is_refused => Ok(()),
                _ => Err(Disconnect::BadRequest),
            };
        }
        match self.answer(id, request).await? {
            Ok(Outcome::Reply(frame)) => self.link.outbox.send(frame),
            Ok(Outcome::Replied | Outcome::Silent) => {}
            Err(refusal) => self.link.outbox.send(failed(id, refusal)),
        }
        Ok(())
    }

    /// What is sent to the client; nothing for what concerns it no more.
    pub(crate) async fn leaving(&mut self, leaving: Leaving) -> Option<Utf8Bytes> {
        match leaving {
            Leaving::Frame(frame) => Some(frame),
            Leaving::Dropped(room, number, why) => {
                if self.rooms.get(&room.name) != Some(&number) {
                    return None;
                }
                self.rooms.remove(&room.name);
                self.engine.leave(&room, &self.link, number).await;
                let told = UnsubscribePush { code: why.number(), reason: why.to_string() };
                Some(push(&room.name, "unsubscribe", &told))
            }
        }
    }

    /// Leaves all rooms.
    pub(crate) async fn end(mut self) {
        let rooms = std::mem::take(&mut self.rooms);
        if let Some(who) = self.link.who() {
            for (name, number) in rooms {
                let room = RoomKey { tenant: who.caller.tenant, name };
                self.engine.leave(&room, &self.link, number).await;
            }
        }
        self.engine.hub.close(&self.link);
    }
}
