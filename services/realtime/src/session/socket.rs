//! A conversation by WebSocket (RFC 6455): one task, which reads, obeys and writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{Carrier, Hello, Session};
use crate::closing::{End, close};
use crate::engine::Engine;
use crate::hub::{Conversation, Leaving, Next};
use crate::protocol::Disconnect;

/// Read at a time. A larger message makes the buffer grow, and stays so: the first, with a token, to some 1.2 kB. Connections are many and mostly
/// silent.
const READ_BUFFER: usize = 512;
const WRITE_BUFFER: usize = 4 * 1024;
/// Who takes nothing for so long is given up.
const WRITING: Duration = Duration::from_secs(10);

impl From<Disconnect> for End {
    fn from(why: Disconnect) -> Self {
        Self::with(why.number(), &why)
    }
}

/// Begins a conversation, which goes on in a task of its own.
pub(crate) async fn begin<S>(stream: S, engine: Arc<Engine>, hello: Hello)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let largest = engine.settings.largest_frame;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_frame_size(Some(largest))
        .max_message_size(Some(largest));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let goes_on = Conversation::begin(&engine.hub);
    // Another task: what the beginning needs is not kept.
    tokio::spawn(converse(socket, Session::begin(engine, hello, Carrier::Socket), goes_on));
}

/// Reads and writes until one of both has enough.
#[expect(clippy::manual_async_fn, reason = "the arguments of an async function are in memory twice, and connections are many")]
fn converse<S>(mut socket: WebSocketStream<S>, mut session: Session, goes_on: Conversation) -> impl Future<Output = ()> + Send
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    async move {
        let end = talk(&mut socket, &mut session).await;
        // Others hear at once that somebody is gone. Boxed: it is there only at the end.
        Box::pin(session.end()).await;
        Box::pin(close(&mut socket, end)).await;
        drop(goes_on);
    }
}

async fn talk<S>(socket: &mut WebSocketStream<S>, session: &mut Session) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let link = session.link.clone();
    loop {
        tokio::select! {
            next = link.outbox.next() => match next {
                Next::Close(why) => return why.into(),
                Next::Send(all) => if Box::pin(send(socket, session, all)).await.is_err() { return End::Closed },
            },
            read = socket.next() => match read {
                None | Some(Ok(Message::Close(_))) => return End::Closed,
                Some(Ok(Message::Text(frame))) => {
                    // Boxed: what a command needs is there only while it is obeyed.
                    if let Err(why) = Box::pin(session.receive(&frame)).await {
                        return why.into();
                    }
                }
                Some(Ok(Message::Binary(_))) => return Disconnect::Unsupported.into(),
                Some(Ok(_)) => link.is_alive(),
                Some(Err(error)) => return End::of(&error),
            },
        }
    }
}

/// All that waits, with as few writes as may be.
async fn send<S>(socket: &mut WebSocketStream<S>, session: &mut Session, all: VecDeque<Leaving>) -> Result<(), ()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    for leaving in all {
        if let Some(frame) = session.leaving(leaving).await {
            within(socket.feed(Message::Text(frame))).await?;
        }
    }
    within(socket.flush()).await
}

async fn within(writing: impl Future<Output = Result<(), Error>>) -> Result<(), ()> {
    timeout(WRITING, writing).await.map_err(|_| ())?.map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use hyper::upgrade::Upgraded;
    use hyper_util::rt::TokioIo;

    use super::*;

    fn size_of_future<A, B, C, F>(_begins: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_conversation_in_which_nothing_happens_takes_a_kilobyte() {
        let size = size_of_future(converse::<TokioIo<Upgraded>>);
        assert!(size <= 1_024, "{size} bytes for each connection: box what is there only for a moment");
    }
}
