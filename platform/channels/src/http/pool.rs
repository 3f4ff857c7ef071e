//! HTTP/2 connections that stay open: providers of push ask for it, and it saves everybody a handshake.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http2::SendRequest;
use parking_lot::Mutex;
use tokio::time::Instant;

/// Connections that are kept.
const MOST: usize = 64;
/// After this time a name is looked up again.
const OLDEST: Duration = Duration::from_secs(600);

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// By host and port, as the address wrote them. The oldest gives way.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Kept>>);

struct Kept {
    authority: String,
    sender: Sender,
    since: Instant,
}

impl Pool {
    pub(super) fn get(&self, authority: &str) -> Option<Sender> {
        let mut all = self.0.lock();
        all.retain(|kept| !kept.sender.is_closed() && kept.since.elapsed() < OLDEST);
        all.iter().find(|kept| kept.authority == authority).map(|kept| kept.sender.clone())
    }

    pub(super) fn keep(&self, authority: String, sender: Sender) {
        let mut all = self.0.lock();
        all.retain(|kept| kept.authority != authority);
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(Kept { authority, sender, since: Instant::now() });
    }

    pub(super) fn forget(&self, authority: &str) {
        self.0.lock().retain(|kept| kept.authority != authority);
    }
}
