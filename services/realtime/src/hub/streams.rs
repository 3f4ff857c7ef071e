//! Conversations whose commands come by requests of their own.

use ahash::HashMap;
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Requests that wait for one conversation.
const MOST_WAITING: usize = 64;

/// By names that nobody can guess: who knows one speaks for the conversation.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<String, Sender<String>>>);

impl Streams {
    /// What is said to the conversation from now on.
    pub(crate) fn open(&self, session: &str) -> Receiver<String> {
        let (sender, receiver) = channel(MOST_WAITING);
        self.0.lock().insert(session.to_owned(), sender);
        receiver
    }

    pub(crate) fn close(&self, session: &str) {
        self.0.lock().remove(session);
    }

    /// Nobody hears it where the conversation is over. One that is asked faster than it answers ends.
    pub(crate) fn say(&self, session: &str, data: &str) {
        let mut streams = self.0.lock();
        if streams.get(session).is_some_and(|stream| stream.try_send(data.to_owned()).is_err()) {
            streams.remove(session);
        }
    }
}
