//! Storing a body while it passes to the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::{BoxError, Error};
use bytes::BytesMut;
use futures_util::FutureExt as _;
use http_body::{Frame, SizeHint};

use crate::cache::Depositing;

/// Passes a body on and stores it at its end. A body that breaks off, is dropped, grows too large, is shorter or longer than
/// announced, or ends with trailers is not stored.
pub(crate) struct Keeping {
    body: Body,
    kept: Option<Kept>,
}

struct Kept {
    bytes: BytesMut,
    largest: u64,
    announced: Option<u64>,
    deposit: Depositing,
}

impl Keeping {
    /// `announced`: the `Content-Length`, in bytes.
    pub(crate) fn new(body: Body, largest: u64, announced: Option<u64>, deposit: Depositing) -> Self {
        let room = announced.unwrap_or(0).min(largest);
        let bytes = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
        let mut keeping = Self { body, kept: Some(Kept { bytes, largest, announced, deposit }) };
        // An empty body may never be asked for.
        if keeping.body.is_end_stream() {
            keeping.end();
        }
        keeping
    }

    fn add(&mut self, data: &Bytes) {
        let Some(kept) = &mut self.kept else { return };
        let whole = kept.bytes.len() as u64 + data.len() as u64;
        if whole > kept.largest || !kept.deposit.reserve(data.len()) {
            if let Some(kept) = self.kept.take() {
                kept.deposit.refuse();
            }
            return;
        }
        kept.bytes.extend_from_slice(data);
    }

    fn end(&mut self) {
        let Some(kept) = self.kept.take() else { return };
        if kept.announced.is_some_and(|bytes| bytes != kept.bytes.len() as u64) {
            return;
        }
        soon(kept.deposit.store(kept.bytes.freeze()));
    }
}

/// In memory this is done at once, and whoever asks next finds it. Others are told while the last bytes are on their way.
fn soon(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = work.boxed();
    if work.as_mut().now_or_never().is_none()
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
    {
        runtime.spawn(work);
    }
}

impl HttpBody for Keeping {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled: Poll<Option<Result<Frame<Bytes>, Error>>> = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref() {
                Some(data) => {
                    let data = data.clone();
                    self.add(&data);
                    if self.body.is_end_stream() {
                        self.end();
                    }
                }
                None => self.kept = None,
            },
            Poll::Ready(Some(Err(_))) => self.kept = None,
            Poll::Ready(None) => self.end(),
            Poll::Pending => {}
        }
        polled.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
