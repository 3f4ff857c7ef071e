//! Answers that go on for as long as somebody listens: they end with the credential that they were asked for with.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use banyan_kernel::Clock;
use http::header::CONTENT_TYPE;
use http_body::{Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::request::Credential;

/// How often it is asked whether the credential still counts. A session that was ended elsewhere is known here within a second as well.
const LOOK: Duration = Duration::from_secs(1);

/// Server-sent events end when the session is ended, the account is closed, rights change, or the token expires: the client comes again with
/// what counts by then, or is refused.
pub(super) fn while_it_counts(response: Response, credential: Option<Arc<dyn Credential>>, clock: &Arc<dyn Clock>) -> Response {
    let Some(credential) = credential.filter(|_| is_stream(&response)) else { return response };
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    response.map(|body| Body::new(Lasting { body: Some(body), credential, clock: clock.clone(), look }))
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(b"text/event-stream")
}

struct Lasting {
    /// None when it has ended: whoever wrote it hears of that.
    body: Option<Body>,
    credential: Arc<dyn Credential>,
    clock: Arc<dyn Clock>,
    look: Interval,
}

impl http_body::Body for Lasting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while self.look.poll_tick(context).is_ready() {
            if self.credential.is_revoked() || self.clock.now() >= self.credential.expires() {
                self.body = None;
            }
        }
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), |_| SizeHint::default())
    }
}
