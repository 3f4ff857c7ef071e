//! Bodies that are kept while they pass, so that a copy can be sent when the client has its answer. Nothing waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

/// What has passed.
#[derive(Debug)]
pub(crate) struct Tape(Mutex<Kept>);

#[derive(Debug)]
enum Kept {
    Passing { frames: Vec<Bytes>, left: usize },
    Whole(Bytes),
    TooLarge,
}

impl Tape {
    fn new(most: usize) -> Self {
        Self(Mutex::new(Kept::Passing { frames: Vec::new(), left: most }))
    }

    /// Of a message without a body.
    pub(crate) fn empty() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Kept::Whole(Bytes::new()))))
    }

    fn pass(&self, data: &Bytes) {
        let mut kept = self.0.lock();
        let Kept::Passing { frames, left } = &mut *kept else { return };
        match left.checked_sub(data.len()) {
            // Many small frames must not cost more than their bytes.
            Some(rest) if frames.len() < 1_024 => {
                *left = rest;
                frames.push(data.clone());
            }
            _ => *kept = Kept::TooLarge,
        }
    }

    fn end(&self) {
        let mut kept = self.0.lock();
        let Kept::Passing { frames, .. } = &mut *kept else { return };
        let whole = match frames.as_slice() {
            [one] => one.clone(),
            many => {
                let mut whole = BytesMut::new();
                many.iter().for_each(|frame| whole.extend_from_slice(frame));
                whole.freeze()
            }
        };
        *kept = Kept::Whole(whole);
    }

    /// All of it, if it ended and was not too large.
    pub(crate) fn whole(&self) -> Option<Bytes> {
        match &*self.0.lock() {
            Kept::Whole(bytes) => Some(bytes.clone()),
            Kept::Passing { .. } | Kept::TooLarge => None,
        }
    }
}

/// Told once when the body is no longer of interest.
pub(crate) type AtEnd = Box<dyn FnOnce() + Send + Sync>;

struct Taped {
    inner: Body,
    tape: Arc<Tape>,
    at_end: Option<AtEnd>,
}

/// Keeps up to `most` bytes of the body. `at_end` is called when it was read to its end or dropped.
pub(crate) fn tape(body: Body, most: usize, at_end: Option<AtEnd>) -> (Body, Arc<Tape>) {
    let tape = Arc::new(Tape::new(most));
    tape_onto(body, tape, at_end)
}

/// A tape that is known before its body.
pub(crate) fn blank(most: usize) -> Arc<Tape> {
    Arc::new(Tape::new(most))
}

/// As [`tape`], onto one that was made before.
pub(crate) fn tape_onto(body: Body, tape: Arc<Tape>, at_end: Option<AtEnd>) -> (Body, Arc<Tape>) {
    let taped = Taped { inner: body, tape: tape.clone(), at_end };
    if taped.inner.is_end_stream() {
        // Who sends it need not ask for more.
        drop(taped);
        return (Body::empty(), tape);
    }
    (Body::new(taped), tape)
}

impl Taped {
    fn ended(&mut self) {
        self.tape.end();
        if let Some(at_end) = self.at_end.take() {
            at_end();
        }
    }
}

impl HttpBody for Taped {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.tape.pass(data);
                }
            }
            Poll::Ready(None) => self.ended(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Taped {
    fn drop(&mut self) {
        // A body of a known length is dropped after its last byte, and one whose client went away before.
        if self.inner.is_end_stream() {
            self.tape.end();
        }
        if let Some(at_end) = self.at_end.take() {
            at_end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn what_passed_whole_is_kept_and_nothing_else() {
        let ends = Arc::new(AtomicU32::new(0));
        let told = |ends: &Arc<AtomicU32>| {
            let ends = ends.clone();
            Some(Box::new(move || {
                ends.fetch_add(1, Ordering::SeqCst);
            }) as AtEnd)
        };
        let (body, kept) = tape(Body::from("12345"), 5, told(&ends));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "12345");
        assert_eq!((kept.whole(), ends.load(Ordering::SeqCst)), (Some(Bytes::from("12345")), 1));
        let (body, kept) = tape(Body::from("123456"), 5, told(&ends));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "123456", "what is too large passes all the same");
        assert_eq!((kept.whole(), ends.load(Ordering::SeqCst)), (None, 2));
        let (body, kept) = tape(Body::from("12345"), 5, told(&ends));
        drop(body);
        assert_eq!((kept.whole(), ends.load(Ordering::SeqCst)), (None, 3), "the client went away");
        let (_, kept) = tape(Body::empty(), 5, told(&ends));
        assert_eq!((kept.whole(), ends.load(Ordering::SeqCst)), (Some(Bytes::new()), 4));
    }
}
