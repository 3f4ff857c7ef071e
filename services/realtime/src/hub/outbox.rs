//! What waits to be sent to one connection. Empty, it takes no memory of its own.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::protocol::{Disconnect, Unsubscribed};
use crate::room::RoomKey;

/// What leaves, in order.
#[derive(Debug)]
pub(crate) enum Leaving {
    Frame(Utf8Bytes),
    /// The subscription was taken away: the connection forgets it, and tells the client. The number is the subscription's.
    Dropped(RoomKey, u64, Unsubscribed),
}

/// What the connection is to do next.
#[derive(Debug)]
pub(crate) enum Next {
    Send(VecDeque<Leaving>),
    Close(Disconnect),
}

/// Bounded by bytes: who does not read is closed.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
    most_bytes: usize,
}

#[derive(Default)]
struct Queue {
    leaving: VecDeque<Leaving>,
    bytes: usize,
    closing: Option<Disconnect>,
}

/// What an entry takes beside its text.
const ENTRY: usize = 64;

impl Outbox {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { queue: Mutex::default(), wake: Notify::new(), most_bytes }
    }

    /// One frame fits always, so that nobody is slow at the first reply.
    pub(crate) fn send(&self, frame: Utf8Bytes) {
        let mut queue = self.queue.lock();
        if queue.closing.is_some() {
            return;
        }
        let bytes = frame.len() + ENTRY;
        if !queue.leaving.is_empty() && queue.bytes + bytes > self.most_bytes {
            drop(queue);
            self.close(Disconnect::Slow);
            return;
        }
        queue.bytes += bytes;
        queue.leaving.push_back(Leaving::Frame(frame));
        drop(queue);
        self.wake.notify_one();
    }

    pub(crate) fn drop_room(&self, room: RoomKey, number: u64, why: Unsubscribed) {
        let mut queue = self.queue.lock();
        if queue.closing.is_none() {
            // At most one for each subscription.
            queue.leaving.push_back(Leaving::Dropped(room, number, why));
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Nothing else is sent. The first reason counts.
    pub(crate) fn close(&self, why: Disconnect) {
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

    /// What is there now.
    pub(crate) fn take(&self) -> Option<Next> {
        let mut queue = self.queue.lock();
        if let Some(why) = queue.closing {
            return Some(Next::Close(why));
        }
        if queue.leaving.is_empty() {
            return None;
        }
        queue.bytes = 0;
        Some(Next::Send(std::mem::take(&mut queue.leaving)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_read_is_closed_and_nothing_more_is_kept() {
        let outbox = Outbox::new(1_000);
        outbox.send("x".repeat(5_000).into());
        assert!(matches!(outbox.take(), Some(Next::Send(all)) if all.len() == 1));
        for _ in 0..20 {
            outbox.send("y".repeat(100).into());
        }
        assert!(matches!(outbox.take(), Some(Next::Close(Disconnect::Slow))));
        outbox.close(Disconnect::NoPong);
        outbox.send("z".into());
        assert!(matches!(outbox.take(), Some(Next::Close(Disconnect::Slow))));
    }
}
