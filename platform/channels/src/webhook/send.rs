//! One attempt to tell somebody's server.

use std::sync::Arc;

use banyan_kernel::Clock;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::keys::SigningKey;
use super::signature::{SIGNATURE, WEBHOOK_ID, WEBHOOK_TIMESTAMP, is_id, sign};
use crate::attempt::{Attempt, Delivered, MessageError, Refused};
use crate::http::{Outbound, OutboundRequest, Verdict, unanswered};

/// A message to an endpoint.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The same in each attempt: 1 to 100 letters, digits, `_` and `-`.
    pub id: String,
    /// Where; looked at by [`Guard::check`](crate::Guard::check) when it was typed, and again now.
    pub url: Url,
    /// At least one; while keys are changed the old one, too. At most eight.
    pub keys: Vec<SigningKey>,
    /// More headers, such as those of CloudEvents. `content-type` is JSON without one here; those of the signature are ours.
    pub headers: HeaderMap,
    /// At most [`Webhook::LONGEST`] bytes.
    pub body: Bytes,
}

impl Webhook {
    /// The longest body: 1 MiB. The specification recommends less than 20 kB.
    pub const LONGEST: usize = 1 << 20;
    const MOST_KEYS: usize = 8;

    fn problem(&self) -> Option<Refused> {
        if !is_id(&self.id) {
            return Some(Refused::message("id", MessageError::Malformed));
        }
        if self.body.len() > Self::LONGEST {
            return Some(Refused::message("body", MessageError::TooLong));
        }
        match self.keys.len() {
            0 => Some(Refused::message("keys", MessageError::Empty)),
            1..=Self::MOST_KEYS => None,
            _ => Some(Refused::message("keys", MessageError::TooLong)),
        }
    }
}

/// Sends webhooks.
#[derive(Clone)]
pub struct Webhooks {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    pub fn new(outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock }
    }

    /// Tells the endpoint. Any 2xx is success; 410 says that it wants no more; everything else may be mended by whoever runs it, so it is for
    /// now: the specification asks to come again for days.
    ///
    /// # Errors
    /// [`Refused`]; for good only where the message or the address cannot be sent to.
    pub async fn send(&self, webhook: &Webhook) -> Attempt {
        if let Some(problem) = webhook.problem() {
            return Err(problem);
        }
        let now = self.clock.now();
        let signature = sign(&webhook.keys, &webhook.id, now, &webhook.body)
            .map_err(|_| Refused::message("keys", MessageError::Malformed))?;
        let mut request = OutboundRequest::post(webhook.url.clone(), webhook.body.clone());
        request.headers = webhook.headers.clone();
        if !request.headers.contains_key(CONTENT_TYPE) {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in [(WEBHOOK_ID, &webhook.id), (WEBHOOK_TIMESTAMP, &now.seconds().to_string()), (SIGNATURE, &signature)]
        {
            let value = HeaderValue::from_str(value).map_err(|_| Refused::message("id", MessageError::Malformed))?;
            request.headers.insert(name, value);
        }
        match self.outbound.exchange(request).await {
            Err(reason) => Err(unanswered(reason)),
            Ok(answer) => {
                let verdict = Verdict::new(&answer, self.clock.now());
                match answer.status {
                    _ if verdict.is_success() => Ok(Delivered::nameless()),
                    StatusCode::GONE => Err(verdict.gone(None)),
                    _ => Err(verdict.later(None)),
                }
            }
        }
    }
}
