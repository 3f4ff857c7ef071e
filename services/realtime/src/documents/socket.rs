//! A connection to a document (RFC 6455): one task, which reads and writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame};

use super::entrance::Entry;
use super::keeper::Work;
use super::out::{Ending, Next};
use super::registry::Handle;
use super::wire::{Message, awareness_frame, read, write_awareness};
use crate::closing::{End, close};
use crate::engine::Engine;
use crate::hub::{Conversation, Next as FromHub};
use crate::protocol::Disconnect;
use crate::session::pace::{Pace, Step};

/// Read at a time; a larger message makes the buffer grow.
const READ_BUFFER: usize = 4 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;
/// What a frame takes beside the update in it.
const AROUND: usize = 64;
/// Who takes nothing for so long is given up.
const WRITING: Duration = Duration::from_secs(10);
/// Something is sent so often, as `y-websocket` gives up who says nothing for 30 seconds.
const BEAT: Duration = Duration::from_secs(20);
/// Who answers to no ping for so long has gone.
const SILENT: Duration = Duration::from_secs(60);
/// Whole states that a connection may ask for in a second: each is made for it.
const QUESTIONS_PER_SECOND: u32 = 5;
/// How long somebody waits who says too much.
const SLOWED: Duration = Duration::from_millis(20);

impl From<Ending> for End {
    fn from(why: Ending) -> Self {
        Self::with(why.number(), &why)
    }
}

struct Talk {
    entry: Entry,
    handle: Handle,
    pace: Pace,
    questions: Pace,
    heard: Instant,
}

/// Reads and writes until one of both has enough.
pub(crate) async fn converse<S>(stream: S, engine: Arc<Engine>, entry: Entry)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let settings = engine.settings.documents;
    let largest = settings.largest_update + AROUND;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_frame_size(Some(largest))
        .max_message_size(Some(largest));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let _goes_on = Conversation::begin(&engine.hub);
    let join = Work::Join { peer: entry.peer.clone(), access: entry.access };
    let end = match engine.documents.give(&engine, &entry.room, join).await {
        Ok(handle) => {
            let (pace, questions) = (Pace::new(settings.messages_per_second), Pace::new(QUESTIONS_PER_SECOND));
            let mut conversation = Talk { entry, handle, pace, questions, heard: Instant::now() };
            let end = talk(&mut socket, &mut conversation).await;
            let _gone_already = conversation.handle.send(Work::Leave(conversation.entry.link().id)).await;
            conversation.entry.leave(&engine);
            end
        }
        Err(_) => {
            entry.leave(&engine);
            Ending::Again.into()
        }
    };
    // Boxed: it is there only at the end.
    Box::pin(close(&mut socket, end)).await;
}

async fn talk<S>(socket: &mut WebSocketStream<S>, conversation: &mut Talk) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (link, out) = (conversation.entry.link().clone(), conversation.entry.peer.out.clone());
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    loop {
        tokio::select! {
            next = out.next() => match next {
                Next::Close(why) => return why.into(),
                Next::Send(all) => if Box::pin(send(socket, all)).await.is_err() { return End::Closed },
            },
            // Its end, and what administrators say.
            next = link.outbox.next() => if let FromHub::Close(why) = next {
                return match why {
                    // Who came by a key is looked at anew.
                    Disconnect::Expired if link.who().is_none_or(|who| !who.has_token()) => Ending::Again.into(),
                    why => Ending::from(why).into(),
                };
            },
            _ = beat.tick() => {
                if conversation.heard.elapsed() > SILENT {
                    return End::Closed;
                }
                let nobody = awareness_frame(&write_awareness([].into_iter()));
                let beats = [Frame::Ping(Bytes::new()), Frame::Binary(nobody)];
                for frame in beats {
                    if within(socket.send(frame)).await.is_err() {
                        return End::Closed;
                    }
                }
            }
            frame = socket.next() => {
                conversation.heard = Instant::now();
                match frame {
                    None | Some(Ok(Frame::Close(_))) => return End::Closed,
                    Some(Ok(Frame::Binary(bytes))) => if let Err(why) = Box::pin(conversation.said(&bytes)).await {
                        return why.into();
                    },
                    Some(Ok(Frame::Text(_))) => return Ending::Text.into(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return End::of(&error),
                }
            }
        }
    }
}

impl Talk {
    async fn said(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let message = read(bytes).map_err(|_| Ending::Malformed)?;
        if let Message::Awareness(states) = &message {
            let own = self.entry.peer.own.lock();
            // What is heard of others comes back from each client: it is the most that is said.
            if !own.is_empty() && !states.iter().any(|aware| own.contains(&aware.client)) {
                return Ok(());
            }
        }
        slow_down(&mut self.pace).await;
        if matches!(message, Message::StateVector(_) | Message::QueryAwareness) {
            slow_down(&mut self.questions).await;
        }
        let space = self.handle.space(bytes.len()).await;
        let said = Work::Said { peer: self.entry.link().id, message, _space: space };
        // The keeper has closed this connection, or is about to.
        if self.handle.send(said).await { Ok(()) } else { Err(Ending::Again) }
    }
}

/// Nothing of what somebody writes can be left out, so that who is too fast waits.
async fn slow_down(pace: &mut Pace) {
    while pace.step() != Step::Fine {
        tokio::time::sleep(SLOWED).await;
    }
}

/// All that waits, with as few writes as may be.
async fn send<S>(socket: &mut WebSocketStream<S>, all: VecDeque<Bytes>) -> Result<(), ()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    for frame in all {
        within(socket.feed(Frame::Binary(frame))).await?;
    }
    within(socket.flush()).await
}

async fn within(writing: impl Future<Output = Result<(), Error>>) -> Result<(), ()> {
    timeout(WRITING, writing).await.map_err(|_| ())?.map_err(|_| ())
}
