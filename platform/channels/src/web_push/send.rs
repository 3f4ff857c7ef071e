//! One attempt to reach a browser.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Random};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::encrypt::{LONGEST, encrypt};
use super::keys::VapidKeys;
use super::subscription::Subscription;
use crate::attempt::{Attempt, Delivered, MessageError, Reason, Refused};
use crate::http::{Outbound, OutboundRequest, Verdict, unanswered};

/// What a browser's service worker is given.
#[derive(Clone)]
pub struct PushMessage {
    /// At most [`PushMessage::LONGEST`] bytes; the push service cannot read it.
    pub payload: Vec<u8>,
    /// How long the service keeps it for a browser that is away; at most 28 days are of use.
    pub lifetime: Duration,
    pub urgency: Urgency,
    /// A later message of the same topic takes the place of this one while the browser is away: up to 32 letters, digits, `-` and `_`.
    pub topic: Option<String>,
}

/// How much of a battery a message is worth (RFC 8030, section 5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    VeryLow,
    Low,
    #[default]
    Normal,
    High,
}

impl Urgency {
    const fn word(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl PushMessage {
    /// The longest payload, in bytes: what is left of the 4096 that every service takes.
    pub const LONGEST: usize = LONGEST;

    fn problem(&self) -> Option<Refused> {
        if self.payload.len() > Self::LONGEST {
            return Some(Refused::message("payload", MessageError::TooLong));
        }
        let fits = |topic: &str| {
            (1..=32).contains(&topic.len()) && topic.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let bad = self.topic.as_deref().is_some_and(|topic| !fits(topic));
        bad.then(|| Refused::message("topic", MessageError::Malformed))
    }
}

impl fmt::Debug for PushMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushMessage").field("length", &self.payload.len()).field("urgency", &self.urgency).finish_non_exhaustive()
    }
}

/// Sends to browsers.
#[derive(Clone)]
pub struct WebPush {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: VapidKeys,
}

impl WebPush {
    pub fn new(outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>, random: Arc<dyn Random>, keys: VapidKeys) -> Self {
        Self { outbound, clock, random, keys }
    }

    pub fn keys(&self) -> &VapidKeys {
        &self.keys
    }

    /// Hands the message to the browser's push service. 404 and 410 say that the subscription is void.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn send(&self, subscription: &Subscription, message: &PushMessage) -> Attempt {
        if let Some(problem) = message.problem() {
            return Err(problem);
        }
        let request = self.request(subscription, message)?;
        let answer = self.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, self.clock.now());
        match answer.status {
            _ if verdict.is_success() => Ok(Delivered::nameless()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Err(verdict.gone(None)),
            // Our keys, which an operator has to mend: the message waits.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(verdict.later(None)),
            _ => Err(verdict.refused(None)),
        }
    }

    fn request(&self, subscription: &Subscription, message: &PushMessage) -> Result<OutboundRequest, Refused> {
        // Without keys that fit, nothing can ever be said to it.
        let void = || Refused::gone(Reason::Message { field: "subscription", problem: MessageError::Malformed });
        let keys = subscription.open().map_err(|_| void())?;
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let body = encrypt(&message.payload, &keys.point, &keys.auth, salt).map_err(|_| void())?;
        let authorization = self.keys.authorization(&subscription.endpoint, self.clock.now());
        let authorization = authorization.map_err(|_| Refused::for_now(Reason::Settings("the keys of Web Push")))?;

        let mut request = OutboundRequest::post(subscription.endpoint.clone(), body);
        let lifetime = message.lifetime.as_secs().to_string();
        let mut headers = vec![
            (AUTHORIZATION, authorization.as_str()),
            (CONTENT_ENCODING, "aes128gcm"),
            (CONTENT_TYPE, "application/octet-stream"),
            (http::HeaderName::from_static("ttl"), lifetime.as_str()),
            (http::HeaderName::from_static("urgency"), message.urgency.word()),
        ];
        if let Some(topic) = &message.topic {
            headers.push((http::HeaderName::from_static("topic"), topic));
        }
        for (name, value) in headers {
            request.headers.insert(name, HeaderValue::from_str(value).map_err(|_| void())?);
        }
        Ok(request)
    }
}
