//! How a WebSocket ends (RFC 6455 §7).

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long the client's own close is waited for.
const CLOSING: Duration = Duration::from_secs(1);
/// Of what is read and thrown away meanwhile, at a time, in bytes.
const UNREAD: usize = 4 * 1024;

/// Why a connection ends.
pub(crate) enum End {
    /// By the client, or by nobody.
    Closed,
    With(CloseFrame),
}

impl End {
    pub(crate) fn with(code: u16, why: &impl ToString) -> Self {
        Self::With(CloseFrame { code: CloseCode::from(code), reason: why.to_string().into() })
    }

    /// RFC 6455 §7.4.1.
    pub(crate) fn of(error: &Error) -> Self {
        let (code, reason) = match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => (CloseCode::Size, "too large"),
            Error::Utf8(_) => (CloseCode::Invalid, "no UTF-8"),
            Error::Protocol(_) => (CloseCode::Protocol, "no WebSocket"),
            _ => return Self::Closed,
        };
        Self::With(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

/// Says why, and waits a moment for the client to have heard it.
pub(crate) async fn close<S>(socket: &mut WebSocketStream<S>, end: End)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let closing = async {
        match end {
            End::With(frame) => socket.send(Message::Close(Some(frame))).await?,
            // The answer to the client's own close.
            End::Closed => socket.flush().await?,
        }
        loop {
            match socket.next().await {
                Some(Ok(_)) => {}
                None | Some(Err(Error::ConnectionClosed)) => return Ok::<_, Error>(()),
                Some(Err(_)) => break,
            }
        }
        // What cannot be read as frames any more is read all the same: closing with bytes unread would make the system send a reset, which may
        // overtake what was said.
        let mut unread = [0; UNREAD];
        while socket.get_mut().read(&mut unread).await? > 0 {}
        Ok(())
    };
    let _gone_anyway = timeout(CLOSING, closing).await;
}
