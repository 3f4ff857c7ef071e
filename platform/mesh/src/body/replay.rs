//! A body that can be sent a second time: what was read of it is kept, as long as it is small.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

/// What all sendings of one body share. The lock is never waited for: one try reads at a time.
#[derive(Clone)]
pub(crate) struct Replay(Arc<Mutex<Kept>>);

struct Kept {
    /// `None` once it has ended.
    rest: Option<Body>,
    read: Vec<Bytes>,
    bytes: usize,
    most: usize,
    trailers: Option<HeaderMap>,
    /// Too much was read to keep it, or it broke off: there is no second time.
    lost: bool,
    /// Which sending may read on. A try that was given up may still be polled once by its connection.
    turn: u32,
}

/// One sending of it.
pub(crate) struct Replayed {
    replay: Replay,
    turn: u32,
    next: usize,
    sent: u64,
    trailers_sent: bool,
    whole: SizeHint,
}

impl Replay {
    pub(crate) fn of(body: Body, most: usize) -> Self {
        let kept = Kept { rest: Some(body), read: Vec::new(), bytes: 0, most, trailers: None, lost: false, turn: 0 };
        Self(Arc::new(Mutex::new(kept)))
    }

    /// The body from its beginning, if it can still be had.
    pub(crate) fn again(&self) -> Option<Replayed> {
        let mut kept = self.0.lock();
        if kept.lost {
            return None;
        }
        kept.turn += 1;
        let rest = kept.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint);
        let read = kept.bytes as u64;
        let mut whole = SizeHint::new();
        whole.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            whole.set_upper(upper.saturating_add(read));
        }
        Some(Replayed { replay: self.clone(), turn: kept.turn, next: 0, sent: 0, trailers_sent: false, whole })
    }

    /// Whether [`Replay::again`] would give it.
    pub(crate) fn is_kept(&self) -> bool {
        !self.0.lock().lost
    }
}

impl Kept {
    fn keep(&mut self, data: &Bytes) {
        self.bytes = self.bytes.saturating_add(data.len());
        if self.bytes > self.most {
            self.lost = true;
            self.read.clear();
        }
        if !self.lost {
            self.read.push(data.clone());
        }
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(rest) = self.rest.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(rest).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.keep(data);
                } else {
                    self.trailers = frame.trailers_ref().cloned();
                }
            }
            Poll::Ready(Some(Err(_))) => self.lost = true,
            Poll::Ready(None) => self.rest = None,
            Poll::Pending => (),
        }
        polled
    }
}

impl Replayed {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut kept = self.replay.0.lock();
        if kept.turn != self.turn {
            return Poll::Ready(Some(Err(axum::Error::new(Superseded))));
        }
        if let Some(data) = kept.read.get(self.next).cloned() {
            self.next += 1;
            self.sent += data.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Some(trailers) = kept.trailers.clone().filter(|_| !self.trailers_sent) {
            self.trailers_sent = true;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        let polled = kept.poll_rest(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.next = kept.read.len();
            self.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
            self.trailers_sent |= frame.is_trailers();
        }
        polled
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let kept = self.replay.0.lock();
        let trailers_out = kept.trailers.is_none() || self.trailers_sent;
        self.next >= kept.read.len() && trailers_out && kept.rest.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    /// What is left of it.
    pub(crate) fn size_hint(&self) -> SizeHint {
        let mut left = SizeHint::new();
        left.set_lower(self.whole.lower().saturating_sub(self.sent));
        if let Some(upper) = self.whole.upper() {
            left.set_upper(upper.saturating_sub(self.sent));
        }
        left
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the body is being sent by another try")]
struct Superseded;

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, StreamBody};

    fn chunks(parts: &'static [&'static str]) -> Body {
        let frames = parts.iter().map(|part| Ok::<_, axum::Error>(Frame::data(Bytes::from_static(part.as_bytes()))));
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    async fn next(body: &mut Replayed) -> Option<Result<Frame<Bytes>, axum::Error>> {
        std::future::poll_fn(|cx| body.poll_frame(cx)).await
    }

    async fn all(mut body: Replayed) -> String {
        let mut text = String::new();
        while let Some(frame) = next(&mut body).await {
            text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
        }
        assert!(body.is_end_stream());
        text
    }

    #[tokio::test]
    async fn a_small_body_is_sent_again_from_the_beginning_though_it_was_half_read() {
        let replay = Replay::of(chunks(&["one ", "two ", "three"]), 100);
        let mut first = replay.again().unwrap();
        next(&mut first).await.unwrap().unwrap();
        next(&mut first).await.unwrap().unwrap();
        assert_eq!(all(replay.again().unwrap()).await, "one two three");
        assert_eq!(all(replay.again().unwrap()).await, "one two three");
        assert!(next(&mut first).await.unwrap().is_err(), "who was given up must not eat the rest");
    }

    #[tokio::test]
    async fn a_large_body_is_sent_once_and_only_if_it_was_not_begun_a_second_time() {
        let replay = Replay::of(chunks(&["12345", "67890"]), 6);
        drop(replay.again().unwrap());
        assert!(replay.is_kept(), "nothing was read yet");
        assert_eq!(all(replay.again().unwrap()).await, "1234567890");
        assert!(!replay.is_kept() && replay.again().is_none());
    }

    #[tokio::test]
    async fn its_length_is_known_each_time() {
        let replay = Replay::of(Body::from("12345"), 100);
        let mut first = replay.again().unwrap();
        assert_eq!(first.size_hint().exact(), Some(5));
        next(&mut first).await.unwrap().unwrap();
        assert_eq!((first.size_hint().exact(), first.is_end_stream()), (Some(0), true));
        let second = replay.again().unwrap();
        assert_eq!((second.size_hint().exact(), second.is_end_stream()), (Some(5), false));
        assert_eq!(all(second).await, "12345");
    }

    #[tokio::test]
    async fn trailers_come_again() {
        let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), http::HeaderValue::from_static("7"))]);
        let frames = [Ok::<_, axum::Error>(Frame::data(Bytes::from_static(b"a"))), Ok(Frame::trailers(trailers))];
        let replay = Replay::of(Body::new(StreamBody::new(futures_util::stream::iter(frames))), 100);
        for _ in 0..2 {
            let mut sending = replay.again().unwrap();
            assert!(next(&mut sending).await.unwrap().unwrap().is_data());
            assert_eq!(next(&mut sending).await.unwrap().unwrap().into_trailers().unwrap()["x-sum"], "7");
            assert!(next(&mut sending).await.is_none());
        }
        let _ = Body::empty().collect().await;
    }
}
