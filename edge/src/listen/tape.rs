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

use super::extent::Extent;
use crate::request::body::{BodyEnd, End};

/// The most that is kept of what was read, in bytes. A head that is longer is refused anyway.
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

#[derive(Debug)]
struct Head {
    /// From the first byte of the head on; requests may come so close that the next ones stand there, too.
    bytes: Vec<u8>,
    begun: Option<Instant>,
    /// What is still to come of the body before it.
    body: Extent,
    /// Bytes that found no room.
    lost: u64,
    /// Where heads begin is not known any more.
    astray: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self { bytes: Vec::new(), begun: None, body: Extent::NOTHING, lost: 0, astray: false }
    }
}

impl Tape {
    /// The stream has read these bytes.
    pub(crate) fn read(&self, bytes: &[u8]) {
        let expects = self.expects.load(Ordering::Relaxed);
        if bytes.is_empty() || expects == NEVER || expects == FOREIGN {
            return;
        }
        let mut head = self.head.lock();
        let taken = head.body.take(bytes);
        let bytes = &bytes[taken..];
        if bytes.is_empty() {
            return;
        }
        if expects == HEAD {
            head.begun.get_or_insert_with(Instant::now);
        }
        let kept = bytes.len().min(LONGEST - head.bytes.len());
        head.bytes.extend_from_slice(&bytes[..kept]);
        head.lost += (bytes.len() - kept) as u64;
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
        self.head.lock().parsed(framing)
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

impl Head {
    fn parsed(&mut self, framing: Framing) -> Verdict {
        self.begun = None;
        let verdict = match framing {
            Framing::Chunked if self.astray => Verdict::Unseen,
            Framing::Chunked if names_a_length(&self.bytes) => Verdict::Ambiguous,
            _ => Verdict::Clear,
        };
        let ended = end_of(&self.bytes);
        self.body = match framing {
            Framing::Length(bytes) => Extent::Bytes(bytes),
            Framing::Chunked => Extent::CHUNKED,
            Framing::Frames => Extent::NOTHING,
        };
        let rest = self.bytes.get(ended.unwrap_or_default()..).unwrap_or_default();
        let behind = self.body.take(rest);
        let rest = rest[behind..].to_vec();
        self.bytes = rest;
        // What found no room is known to be body only where the length says so.
        match &mut self.body {
            Extent::Bytes(left) if *left >= self.lost => *left -= self.lost,
            _ => self.astray |= self.lost > 0,
        }
        self.astray |= ended.is_none();
        self.lost = 0;
        verdict
    }
}

/// How a request's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length in bytes; none is 0.
    Length(u64),
    Chunked,
    /// HTTP/2.
    Frames,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Clear,
    /// It has both a length and chunks.
    Ambiguous,
    /// It came so close behind others that this is not known: the connection has to end with it (RFC 9112 §6.1).
    Unseen,
}

impl BodyEnd for Tape {
    fn body_ended(&self, end: End) {
        if end == End::Abandoned {
            self.abandoned.store(true, Ordering::Relaxed);
        }
        if self.expects.load(Ordering::Relaxed) == BODY {
            self.expects.store(HEAD, Ordering::Relaxed);
            let mut head = self.head.lock();
            if !head.bytes.is_empty() {
                head.begun.get_or_insert_with(Instant::now);
            }
        }
    }
}

/// Empty lines may stand before a request (RFC 9112 §2.2).
fn without_empty_lines(bytes: &[u8]) -> &[u8] {
    let begins = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    &bytes[begins..]
}

/// Where the head ends, its empty line included.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let head = without_empty_lines(bytes);
    let before = bytes.len() - head.len();
    let ends = memchr::memchr_iter(b'\n', head).find_map(|at| match &head[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    });
    ends.map(|ends| before + ends)
}

/// Whether the head has a field `Content-Length`. What follows the empty line is no head.
fn names_a_length(bytes: &[u8]) -> bool {
    let bytes = without_empty_lines(bytes);
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
        assert!(names_a_length(b"\r\n\r\nPOST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n"), "empty lines hide nothing");
    }

    #[test]
    fn a_head_close_behind_another_is_looked_at_as_well() {
        let tricky = b"POST /b HTTP/1.1\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n";
        let first: [(&[u8], Framing); 3] = [
            (b"GET /a HTTP/1.1\r\n\r\n", Framing::Length(0)),
            (b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", Framing::Length(3)),
            (b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Framing::Chunked),
        ];
        for (first, framing) in first {
            let all = [first, tricky].concat();
            for cut in [all.len(), all.len() - 10, first.len(), first.len() - 2, first.len() + 30] {
                let tape = Tape::default();
                tape.read(&all[..cut]);
                if cut < first.len() {
                    tape.read(&all[cut..]);
                }
                assert_eq!(tape.parsed(framing), Verdict::Clear);
                if cut >= first.len() {
                    tape.read(&all[cut..]);
                }
                tape.body_ended(End::Complete);
                assert_eq!(tape.parsed(Framing::Chunked), Verdict::Ambiguous, "{framing:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_was_not_kept_is_not_called_clear() {
        let head = b"POST /a HTTP/1.1\r\ncontent-length: 50000\r\n\r\n";
        for (behind, expected) in [(50_000, Verdict::Clear), (50_001, Verdict::Unseen)] {
            let tape = Tape::default();
            tape.read(&[&head[..], &vec![b'x'; behind]].concat());
            assert_eq!(tape.parsed(Framing::Length(50_000)), Verdict::Clear);
            tape.body_ended(End::Complete);
            tape.read(b"POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
            assert_eq!(tape.parsed(Framing::Chunked), expected, "{behind}");
        }
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
        tape.read(b"0\r\n\r\n");
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
