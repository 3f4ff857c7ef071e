//! What a connection's two ends, the byte stream and the requests, have to know of each other.
//!
//! The parser reads a request with both `Transfer-Encoding` and `Content-Length` as chunked and forgets the length, which
//! is right by RFC 9112 §6.1, but hides from us that somebody may be trying to smuggle. So the head of a request is kept
//! until it is parsed, and looked at in the one case where the request says `Transfer-Encoding`. It also tells when a head
//! has begun, for the slow.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::Waker;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::request::body::{BodyEnd, End};

/// A head that is longer is refused anyway, in bytes.
const LONGEST: usize = 32 * 1024;

/// How HTTP/2 begins (RFC 9113 §3.4), as far as no other request does.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

const HEAD: u8 = 0;
const BODY: u8 = 1;
/// HTTP/2 has frames, which leave no room for such questions.
const NEVER: u8 = 2;
/// Another protocol.
const FOREIGN: u8 = 3;

/// One connection's state, shared by its byte stream and its requests. Both run in one task, so the lock is always free.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    expects: AtomicU8,
    heard: AtomicBool,
    abandoned: AtomicBool,
    closing: AtomicBool,
    head: Mutex<Head>,
    /// Of the reader that waits on an upgraded connection.
    reader: Mutex<Option<Waker>>,
    /// Told when the byte stream is gone.
    gone: Notify,
}

#[derive(Debug, Default)]
struct Head {
    bytes: Vec<u8>,
    begun: Option<Instant>,
}

impl Tape {
    /// The stream has read these bytes.
    pub(crate) fn read(&self, bytes: &[u8]) {
        if bytes.is_empty() || self.expects.load(Ordering::Relaxed) != HEAD {
            return;
        }
        let mut head = self.head.lock();
        head.begun.get_or_insert_with(Instant::now);
        let room = LONGEST - head.bytes.len();
        head.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if head.bytes.starts_with(PREFACE) {
            self.expects.store(NEVER, Ordering::Relaxed);
            *head = Head::default();
        }
    }

    /// Since when a head has been coming that is not whole yet.
    pub(crate) fn head_since(&self) -> Option<Instant> {
        if self.expects.load(Ordering::Relaxed) != HEAD {
            return None;
        }
        self.head.lock().begun
    }

    /// A request was parsed.
    pub(crate) fn parsed(&self, framing: Framing) -> Verdict {
        self.heard.store(true, Ordering::Relaxed);
        self.expects.store(if framing == Framing::Frames { NEVER } else { BODY }, Ordering::Relaxed);
        let mut head = self.head.lock();
        let ambiguous = framing == Framing::Chunked && names_a_length(&head.bytes);
        head.bytes.clear();
        head.begun = None;
        if ambiguous { Verdict::Ambiguous } else { Verdict::Clear }
    }

    /// HTTP is over: what follows is another protocol.
    pub(crate) fn upgrade(&self) {
        self.expects.store(FOREIGN, Ordering::Relaxed);
        *self.head.lock() = Head::default();
    }

    pub(crate) fn is_upgraded(&self) -> bool {
        self.expects.load(Ordering::Relaxed) == FOREIGN
    }

    /// Whether HTTP/2 is spoken.
    pub(crate) fn has_frames(&self) -> bool {
        self.expects.load(Ordering::Relaxed) == NEVER
    }

    /// Tells whoever reads the upgraded connection that its end has come.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.lock().take() {
            reader.wake();
        }
    }

    /// Whether [`Tape::close`] was called; if not, the reader is woken when it is.
    pub(crate) fn is_closing(&self, reader: &Waker) -> bool {
        *self.reader.lock() = Some(reader.clone());
        self.closing.load(Ordering::Relaxed)
    }

    /// The byte stream is dropped.
    pub(crate) fn stream_gone(&self) {
        self.gone.notify_one();
    }

    /// Waits until the byte stream is dropped, wherever it went.
    pub(crate) async fn until_gone(&self) {
        self.gone.notified().await;
    }

    /// Whether any request has come.
    pub(crate) fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether a body was left unread, or a head that the parser refused, so that the client may still be sending.
    pub(crate) fn abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || self.head_since().is_some()
    }
}

/// How a request's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length, or it has no body.
    Length,
    Chunked,
    /// HTTP/2.
    Frames,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Clear,
    /// It has both a length and chunks.
    Ambiguous,
}

impl BodyEnd for Tape {
    fn body_ended(&self, end: End) {
        if end == End::Abandoned {
            self.abandoned.store(true, Ordering::Relaxed);
        }
        if self.expects.load(Ordering::Relaxed) == BODY {
            self.expects.store(HEAD, Ordering::Relaxed);
        }
    }
}

/// Whether the head has a field `Content-Length`. What follows the empty line is no head.
fn names_a_length(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty());
    lines.any(|line| line.split(|byte| *byte == b':').next().is_some_and(|name| name.eq_ignore_ascii_case(b"content-length")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_is_looked_at() {
        assert!(names_a_length(b"POST / HTTP/1.1\r\nhost: a\r\nContent-LENGTH: 3\r\n\r\nabc"));
        assert!(names_a_length(b"POST / HTTP/1.1\ncontent-length:3\n\nabc"));
        assert!(!names_a_length(b"POST / HTTP/1.1\r\nhost: a\r\n\r\ncontent-length: 3\r\n"));
        assert!(!names_a_length(b"content-length: 3 HTTP/1.1\r\nx-content-length: 3\r\n\r\n"));
        assert!(!names_a_length(b""));
    }

    #[test]
    fn heads_are_kept_and_bodies_are_not() {
        let tape = Tape::default();
        assert_eq!(tape.head_since(), None);
        tape.read(b"POST / HTTP/1.1\r\ncontent-length: 3\r\ntransfer-enc");
        tape.read(b"oding: chunked\r\n\r\n");
        assert!(tape.head_since().is_some());
        assert_eq!(tape.parsed(Framing::Chunked), Verdict::Ambiguous);
        assert!(tape.heard());
        tape.read(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n");
        assert_eq!(tape.head_since(), None, "this is the body");
        tape.body_ended(End::Complete);
        tape.read(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
        assert!(tape.abandoned(), "if the parser gave up here, the client might still be sending");
        assert_eq!(tape.parsed(Framing::Chunked), Verdict::Clear);
        assert!(!tape.abandoned());
        tape.body_ended(End::Abandoned);
        assert!(tape.abandoned());
    }

    #[test]
    fn http_2_is_left_alone() {
        let tape = Tape::default();
        tape.read(b"PRI * HT");
        assert!(tape.head_since().is_some());
        tape.read(b"TP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(tape.head_since(), None);
        assert_eq!(tape.parsed(Framing::Frames), Verdict::Clear);
        tape.body_ended(End::Complete);
        tape.read(b"content-length: 3\r\n");
        assert_eq!(tape.head_since(), None);
    }
}
