//! Keeping what was compressed for one request, for the next.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use banyan_http_cache::{Encoding, StoredBody};
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// A compressed body on its way to a client. When all of it has gone, it is kept beside the stored one.
pub(super) struct Keeping {
    body: Body,
    copy: Option<Copy>,
}

struct Copy {
    stored: StoredBody,
    encoding: Encoding,
    bytes: BytesMut,
}

impl Keeping {
    pub(super) fn new(body: Body, stored: StoredBody, encoding: Encoding) -> Self {
        Self { body, copy: Some(Copy { stored, encoding, bytes: BytesMut::new() }) }
    }

    /// A form that is no smaller is of no use.
    fn note(&mut self, piece: &Bytes) {
        let fits = self.copy.as_ref().is_some_and(|copy| copy.bytes.len() + piece.len() < copy.stored.plain().len());
        match self.copy.as_mut().filter(|_| fits) {
            Some(copy) => copy.bytes.extend_from_slice(piece),
            None => self.copy = None,
        }
    }

    fn keep(&mut self) {
        let Some(Copy { stored, encoding, bytes }) = self.copy.take() else { return };
        stored.keep(encoding, bytes.freeze());
    }
}

impl HttpBody for Keeping {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            None => self.keep(),
            Some(Err(_)) => self.copy = None,
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    self.note(piece);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
