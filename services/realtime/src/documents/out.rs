//! What waits to be sent to one connection, and why it ends.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Bytes;

use crate::protocol::Disconnect;

/// Why a connection ends. `y-websocket` comes again by itself, but not from 4400 to 4499.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ending {
    /// RFC 6455 §7.4.1: this protocol is binary.
    #[error("binary only")]
    Text = 1003,
    #[error("it cannot be read")]
    Malformed = 1007,
    /// RFC 6455 §11.7: the process ends, another one serves.
    #[error("the server restarts")]
    Restart = 1012,
    #[error("try again later")]
    Again = 1013,
    #[error("the token counts no longer")]
    Expired = 4401,
    #[error("permission denied")]
    Forbidden = 4403,
    #[error("the document is gone")]
    Gone = 4410,
    #[error("the document is full")]
    Full = 4413,
    #[error("too many connections")]
    TooMany = 4429,
}

impl Ending {
    pub(crate) const fn number(self) -> u16 {
        self as u16
    }
}

impl From<Disconnect> for Ending {
    fn from(why: Disconnect) -> Self {
        match why {
            Disconnect::Expired | Disconnect::InvalidToken => Self::Expired,
            Disconnect::ForceNoReconnect => Self::Forbidden,
            Disconnect::ConnectionLimit => Self::TooMany,
            Disconnect::Shutdown => Self::Restart,
            _ => Self::Again,
        }
    }
}

/// What the connection is to do next.
#[derive(Debug)]
pub(crate) enum Next {
    Send(VecDeque<Bytes>),
    Close(Ending),
}

/// Bounded by bytes: who does not read is closed.
pub(crate) struct Out {
    queue: Mutex<Queue>,
    wake: Notify,
    most_bytes: usize,
}

#[derive(Default)]
struct Queue {
    leaving: VecDeque<Bytes>,
    bytes: usize,
    large: usize,
    closing: Option<Ending>,
}

/// What an entry takes beside its bytes.
const ENTRY: usize = 64;
const MOST_LARGE: usize = 2;

impl Out {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { queue: Mutex::default(), wake: Notify::new(), most_bytes }
    }

    /// A document may be larger than the queue: two frames of that kind fit always.
    pub(crate) fn send(&self, frame: Bytes) {
        let mut queue = self.queue.lock();
        if queue.closing.is_some() {
            return;
        }
        let bytes = frame.len() + ENTRY;
        let is_large = bytes > self.most_bytes / 4;
        if is_large && queue.large == MOST_LARGE || !is_large && queue.bytes + bytes > self.most_bytes {
            drop(queue);
            self.close(Ending::Again);
            return;
        }
        if is_large {
            queue.large += 1;
        } else {
            queue.bytes += bytes;
        }
        queue.leaving.push_back(frame);
        drop(queue);
        self.wake.notify_one();
    }

    /// Nothing else is sent. The first reason counts.
    pub(crate) fn close(&self, why: Ending) {
        let mut queue = self.queue.lock();
        if queue.closing.is_none() {
            *queue = Queue { closing: Some(why), ..Queue::default() };
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Waits for something to do. One task asks.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut queue = self.queue.lock();
        if let Some(why) = queue.closing {
            return Some(Next::Close(why));
        }
        if queue.leaving.is_empty() {
            return None;
        }
        (queue.bytes, queue.large) = (0, 0);
        Some(Next::Send(std::mem::take(&mut queue.leaving)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_read_is_closed_and_a_large_document_fits() {
        let out = Out::new(1_000);
        out.send(vec![0; 5_000].into());
        out.send(vec![0; 5_000].into());
        out.send(vec![0; 100].into());
        assert!(matches!(out.take(), Some(Next::Send(all)) if all.len() == 3));
        for _ in 0..20 {
            out.send(vec![0; 100].into());
        }
        assert!(matches!(out.take(), Some(Next::Close(Ending::Again))));
        out.close(Ending::Full);
        out.send(vec![0].into());
        assert!(matches!(out.take(), Some(Next::Close(Ending::Again))));
    }
}
