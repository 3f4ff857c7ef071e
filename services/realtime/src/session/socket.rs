//! A conversation by WebSocket (RFC 6455): one task, which reads, obeys and writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Carrier, Hello, Session};
use crate::engine::Engine;
use crate::hub::{Leaving, Next};
use crate::protocol::Disconnect;

/// Read at a time; a larger message makes the buffer grow. Connections are many and mostly silent.
const READ_BUFFER: usize = 2 * 1024;
const WRITE_BUFFER: usize = 4 * 1024;
/// Who takes nothing for so long is given up.
const WRITING: Duration = Duration::from_secs(10);
/// How long the client's own close is waited for.
const CLOSING: Duration = Duration::from_secs(1);

/// Why the connection ends.
enum End {
    Closed,
    With(CloseFrame),
}

impl From<Disconnect> for End {
    fn from(why: Disconnect) -> Self {
        Self::With(CloseFrame { code: CloseCode::from(why.number()), reason: why.to_string().into() })
    }
}

/// Reads and writes until one of both has enough.
pub(crate) async fn converse<S>(stream: S, engine: Arc<Engine>, hello: Hello)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let largest = engine.settings.largest_frame;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_frame_size(Some(largest))
        .max_message_size(Some(largest));
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let mut session = Session::begin(engine, hello, Carrier::Socket);
    let end = talk(&mut socket, &mut session).await;
    // Others hear at once that somebody is gone.
    session.end().await;
    {
        let closing = async {
            match end {
                End::With(frame) => socket.send(Message::Close(Some(frame))).await?,
                // The answer to the client's own close.
                End::Closed => socket.flush().await?,
            }
            while socket.next().await.is_some_and(|read| read.is_ok()) {}
            Ok::<_, Error>(())
        };
        let _gone_anyway = timeout(CLOSING, closing).await;
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
                Some(Err(error)) => return verdict(&error),
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

/// RFC 6455 §7.4.1.
fn verdict(error: &Error) -> End {
    let (code, reason) = match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => (CloseCode::Size, "too large"),
        Error::Utf8(_) => (CloseCode::Invalid, "no UTF-8"),
        Error::Protocol(_) => (CloseCode::Protocol, "no WebSocket"),
        _ => return End::Closed,
    };
    End::With(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
}
