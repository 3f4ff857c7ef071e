//! A conversation by server-sent events, for networks that let no WebSocket through: replies by the stream, commands by requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{Carrier, Hello, Session};
use crate::engine::Engine;
use crate::hub::{Conversation, Next};
use crate::protocol::Disconnect;

/// Who takes nothing for so long is given up.
const WRITING: Duration = Duration::from_secs(10);
/// Events that wait for the wire; the rest waits in the outbox, which has its bound.
const WAITING: usize = 16;

#[derive(Serialize)]
struct DisconnectFrame {
    push: DisconnectPush,
}

#[derive(Serialize)]
struct DisconnectPush {
    disconnect: Reason,
}

#[derive(Serialize)]
struct Reason {
    code: u16,
    reason: String,
}

/// The replies, which begin with the one to `first`. The conversation ends when nobody reads them any more.
pub(crate) fn replies(engine: Arc<Engine>, hello: Hello, first: String) -> impl Stream<Item = Result<Event, Infallible>> {
    let (sender, receiver) = channel(WAITING);
    tokio::spawn(converse(engine, hello, first, sender));
    unfold(receiver, |mut receiver: Receiver<Utf8Bytes>| async move {
        let frame = receiver.recv().await?;
        Some((Ok(Event::default().data(frame.as_str())), receiver))
    })
}

async fn converse(engine: Arc<Engine>, hello: Hello, first: String, sender: Sender<Utf8Bytes>) {
    let _goes_on = Conversation::begin(&engine.hub);
    let name = new_name(&engine);
    let commands = engine.hub.streams.open(&name);
    let mut session = Session::begin(engine.clone(), hello, Carrier::Stream(name.clone()));
    let end = talk(&mut session, &first, commands, &sender).await;
    engine.hub.streams.close(&name);
    session.end().await;
    if let Some(why) = end {
        let reason = Reason { code: why.number(), reason: why.to_string() };
        if let Ok(text) = serde_json::to_string(&DisconnectFrame { push: DisconnectPush { disconnect: reason } }) {
            let _gone_already = timeout(WRITING, sender.send(text.into())).await;
        }
    }
}

/// Why it ends; nothing where nobody reads any more.
async fn talk(
    session: &mut Session,
    first: &str,
    mut commands: Receiver<String>,
    sender: &Sender<Utf8Bytes>,
) -> Option<Disconnect> {
    if let Err(why) = Box::pin(session.receive(first)).await {
        return Some(why);
    }
    let link = session.link.clone();
    loop {
        tokio::select! {
            next = link.outbox.next() => match next {
                Next::Close(why) => return Some(why),
                Next::Send(all) => for leaving in all {
                    if let Some(frame) = session.leaving(leaving).await {
                        timeout(WRITING, sender.send(frame)).await.ok()?.ok()?;
                    }
                },
            },
            said = commands.recv() => match said {
                Some(frame) => if let Err(why) = Box::pin(session.receive(&frame)).await {
                    return Some(why);
                },
                None => return Some(Disconnect::TooManyRequests),
            },
            () = sender.closed() => return None,
        }
    }
}

/// 128 bits that nobody can guess.
fn new_name(engine: &Engine) -> String {
    let mut bytes = [0; 16];
    engine.random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
