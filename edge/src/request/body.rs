//! A body on its way in, within its size and time. What it broke is known to the door, whatever the handler made of the error.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use banyan_kernel::ErrorCode;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// What has become of a request's body.
#[derive(Debug)]
pub(crate) struct BodyWatch {
    state: AtomicU8,
    most: AtomicU64,
}

const UNREAD: u8 = 0;
const COMPLETE: u8 = 1;
const TOO_LARGE: u8 = 2;
const TOO_SLOW: u8 = 3;

impl BodyWatch {
    /// How many bytes it may have; the route decides, which is known later than the body.
    pub(crate) fn allow(&self, bytes: u64) {
        self.most.store(bytes, Ordering::Relaxed);
    }

    /// Whether it was read to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.state.load(Ordering::Relaxed) == COMPLETE
    }

    /// The code of the rule that it broke.
    pub(crate) fn broken(&self) -> Option<ErrorCode> {
        match self.state.load(Ordering::Relaxed) {
            TOO_LARGE => Some(ErrorCode::PayloadTooLarge),
            TOO_SLOW => Some(ErrorCode::RequestTimeout),
            _ => None,
        }
    }
}

/// What counts as a body's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOfBody {
    /// Nothing more to read.
    Silence,
    /// That the client has said so: in HTTP/2 a stream may also end by a reset, which the library reads as silence.
    Marked,
}

/// Told when the body is no longer of interest: read to its end, or dropped before.
pub(crate) trait BodyEnd: Send + Sync {
    fn body_ended(&self, end: End);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    Abandoned,
}

struct Guarded<B> {
    inner: B,
    watch: Arc<BodyWatch>,
    seen: u64,
    deadline: Instant,
    /// Made when the body first lets us wait; most are there at once.
    timer: Option<Pin<Box<Sleep>>>,
    end: Option<Arc<dyn BodyEnd>>,
    counts: EndOfBody,
}

/// Bounds a body in time and size. A request without one is left alone.
pub(crate) fn guard<B>(
    body: B,
    counts: EndOfBody,
    within: Duration,
    end: Option<Arc<dyn BodyEnd>>,
) -> (Body, Option<Arc<BodyWatch>>)
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    if body.is_end_stream() {
        if let Some(end) = end {
            end.body_ended(End::Complete);
        }
        return (Body::empty(), None);
    }
    let watch = Arc::new(BodyWatch { state: AtomicU8::new(UNREAD), most: AtomicU64::new(u64::MAX) });
    let guarded =
        Guarded { inner: body, watch: watch.clone(), seen: 0, deadline: Instant::now() + within, timer: None, end, counts };
    (Body::new(guarded), Some(watch))
}

impl<B> Guarded<B> {
    fn fail(&self, state: u8, reason: &'static str) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.watch.state.store(state, Ordering::Relaxed);
        Poll::Ready(Some(Err(reason.into())))
    }
}

impl<B> HttpBody for Guarded<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            // Fields that come after the body were checked by nobody, and some readers put them among those before it. They may be thrown
            // away (RFC 9110 §6.5.1), and nothing of ours waits for them.
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => {
                this.watch.state.store(COMPLETE, Ordering::Relaxed);
                Poll::Ready(None)
            }
            Poll::Ready(Some(Ok(frame))) => {
                this.seen += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.seen > this.watch.most.load(Ordering::Relaxed) {
                    return this.fail(TOO_LARGE, "the body is too large");
                }
                // A reader who knows the length stops here and never asks for the end.
                if this.inner.is_end_stream() {
                    this.watch.state.store(COMPLETE, Ordering::Relaxed);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) if this.counts == EndOfBody::Marked && !this.inner.is_end_stream() => {
                Poll::Ready(Some(Err("the client has broken its request off".into())))
            }
            Poll::Ready(None) => {
                this.watch.state.store(COMPLETE, Ordering::Relaxed);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let deadline = this.deadline;
                let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                match timer.as_mut().poll(cx) {
                    Poll::Ready(()) => this.fail(TOO_SLOW, "the body took too long"),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Guarded<B> {
    fn drop(&mut self) {
        let Some(end) = self.end.take() else { return };
        let complete = self.watch.state.load(Ordering::Relaxed) == COMPLETE;
        end.body_ended(if complete { End::Complete } else { End::Abandoned });
    }
}
