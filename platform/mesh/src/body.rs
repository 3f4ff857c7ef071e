//! Bodies on their way out and back.

mod replay;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::instance::Running;
use crate::remote::Lease;
use crate::remote::timer::Timer;

pub(crate) use replay::{Replay, Replayed};

/// The body of a request to another process. One type for all, because connections are typed by it.
pub(crate) enum OutBody {
    Empty,
    Stream(Body),
    Replayed(Replayed),
}

impl HttpBody for OutBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Stream(body) => Pin::new(body).poll_frame(cx),
            Self::Replayed(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Stream(body) => body.is_end_stream(),
            Self::Replayed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Stream(body) => body.size_hint(),
            Self::Replayed(body) => body.size_hint(),
        }
    }
}

/// The body of an answer: a stream with trailers. Dropped before its end, it cancels what is still being sent. The call counts as in
/// flight until the body ends.
#[derive(Debug)]
pub struct AnswerBody {
    source: Source,
    running: Option<Running>,
}

enum Source {
    Local(Body),
    Remote(Remote),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local(_) => "Local",
            Self::Remote(_) => "Remote",
        })
    }
}

struct Remote {
    body: Incoming,
    /// Gives the connection back.
    lease: Option<Lease>,
    pause: Pause,
}

/// Notices a body that stands still. The timer is the one that has bounded the head: putting a running timer off costs next to nothing.
pub(crate) struct Pause {
    timer: Option<Timer>,
    longest: Duration,
    /// When bytes came last, as far as the timer knows.
    last: Option<Instant>,
}

/// A body that did not come to its end. The head is out by then, so nothing can be repeated or explained any more.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the upstream broke off within the body")]
    Broken(#[source] hyper::Error),
    #[error("the upstream sent nothing for {} ms", .0.as_millis())]
    Idle(Duration),
    #[error("the service broke off within the body")]
    Local(#[source] axum::Error),
}

impl AnswerBody {
    pub(crate) fn local(body: Body, running: Running) -> Self {
        // What is in memory already is as good as sent.
        let running = (body.size_hint().exact().is_none()).then_some(running);
        Self { source: Source::Local(body), running }
    }

    pub(crate) fn remote(body: Incoming, lease: Option<Lease>, pause: Pause, running: Running) -> Self {
        let mut remote = Remote { body, lease, pause };
        let ended = remote.body.is_end_stream();
        if ended {
            remote.finish();
        }
        Self { source: Source::Remote(remote), running: (!ended).then_some(running) }
    }
}

impl Remote {
    fn finish(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
        self.pause.timer = None;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.pause.last = None;
                if self.body.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.lease = None;
                Poll::Ready(Some(Err(BodyError::Broken(error))))
            }
            Poll::Ready(None) => {
                self.finish();
                Poll::Ready(None)
            }
            Poll::Pending => self.pause.poll(cx).map(|longest| {
                self.lease = None;
                Some(Err(BodyError::Idle(longest)))
            }),
        }
    }
}

impl Pause {
    pub(crate) fn new(timer: Timer, longest: Duration) -> Self {
        Self { timer: Some(timer), longest, last: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let Some(timer) = self.timer.as_mut() else { return Poll::Pending };
        if self.last.is_none() {
            let now = Instant::now();
            self.last = Some(now);
            timer.reset(now + self.longest);
        }
        timer.poll(cx).map(|()| self.longest)
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = match &mut this.source {
            Source::Remote(remote) => remote.poll(cx),
            Source::Local(body) => Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(BodyError::Local))),
        };
        if matches!(&polled, Poll::Ready(None | Some(Err(_)))) || (polled.is_ready() && this.is_end_stream()) {
            this.running = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Local(body) => body.is_end_stream(),
            Source::Remote(remote) => remote.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Local(body) => body.size_hint(),
            Source::Remote(remote) => remote.body.size_hint(),
        }
    }
}

impl From<AnswerBody> for Body {
    fn from(answer: AnswerBody) -> Self {
        match answer {
            AnswerBody { source: Source::Local(body), running: None } => body,
            AnswerBody { source: Source::Remote(remote), .. } if remote.body.is_end_stream() => Body::empty(),
            other => Body::new(other),
        }
    }
}
