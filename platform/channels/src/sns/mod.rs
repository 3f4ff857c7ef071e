//! Messages of Amazon SNS, by which Amazon SES tells what became of mails.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>
//!
//! Amazon signs what anybody's topic says, so that a signature alone shows little: only topics that were named are heard, and the certificate
//! must come from the host of the topic's own region.

mod certificates;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;
use url::Url;

use crate::attempt::Reason;
use crate::http::{Answer, Outbound, OutboundRequest};
use certificates::Certificates;

pub use topic::{InvalidTopic, TopicArn};

/// How far a message's time may be from our clock, either way, in seconds: it comes again for an hour.
const TOLERANCE: i64 = 12 * 3_600;
/// To fetch a certificate, or to confirm a subscription. Amazon waits 15 seconds for its answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// RSA with SHA-256. The other one is SHA-1, which nobody should believe any more.
const SIGNATURE_VERSION: &str = "2";

/// What a topic said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnsNews {
    /// A message of whoever publishes there. The id is the same where it comes again.
    Message { id: String, text: String },
    /// The subscription is confirmed: messages will come.
    Subscribed,
    /// Somebody has ended the subscription: no more will come.
    Unsubscribed,
}

/// Why nothing was heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnsError {
    /// Answer 401 and nothing more.
    #[error("it is not believed: {0}")]
    Unbelieved(&'static str),
    /// Answer 503: Amazon sends it again.
    #[error("Amazon gave no answer that would do: {0}")]
    Unanswered(Reason),
}

/// What comes as the body of a request, whose content type is that of a text.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    token: Option<String>,
}

/// Hears some topics.
pub struct Sns {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    topics: Vec<TopicArn>,
    base_url: Option<Url>,
    certificates: Certificates,
}

impl Sns {
    /// `base_url` is another address than Amazon's, for a stand-in on one's own machine.
    pub fn new(topics: Vec<TopicArn>, base_url: Option<Url>, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock, topics, base_url, certificates: Certificates::default() }
    }

    /// Believes a message or does not. A subscription of a topic that is named here is confirmed at once.
    ///
    /// # Errors
    /// [`SnsError`].
    pub async fn hear(&self, body: &[u8]) -> Result<SnsNews, SnsError> {
        let unbelieved = SnsError::Unbelieved;
        let message: Envelope = serde_json::from_slice(body).map_err(|_| unbelieved("it is no message of SNS"))?;
        let topic = self.topics.iter().find(|topic| topic.as_str() == message.topic_arn);
        let topic = topic.ok_or(unbelieved("its topic is none of those that are named in the settings"))?;
        if message.signature_version != SIGNATURE_VERSION {
            return Err(unbelieved("it is signed by SHA-1: set the topic's attribute SignatureVersion to 2"));
        }
        let now = self.clock.now();
        let at: Timestamp = message.timestamp.parse().map_err(|_| unbelieved("its time cannot be read"))?;
        if now.seconds_since(at).unsigned_abs() > TOLERANCE.unsigned_abs() {
            return Err(unbelieved("its time is more than twelve hours from our clock"));
        }
        let base = self.base_url.clone().unwrap_or_else(|| topic.host());
        let url = certificate_url(&message.signing_cert_url, &base).ok_or(unbelieved("its certificate lies elsewhere"))?;
        let signature = STANDARD.decode(&message.signature).map_err(|_| unbelieved("its signature cannot be read"))?;
        let signed = message.signed().ok_or(unbelieved("it is of a kind that is not known"))?;
        let certificate = self.certificates.get(&url, now, || self.ask(url.clone())).await?;
        if !certificate.is_signed(signed.as_bytes(), &signature) {
            return Err(unbelieved("its signature is wrong"));
        }
        match (message.kind.as_str(), message.token) {
            ("Notification", _) => Ok(SnsNews::Message { id: message.message_id, text: message.message }),
            ("UnsubscribeConfirmation", _) => Ok(SnsNews::Unsubscribed),
            (_, token) => self.subscribe(base, topic, &token.unwrap_or_default()).await,
        }
    }

    /// By an address of our own making, so that none that was sent is ever followed.
    async fn subscribe(&self, mut url: Url, topic: &TopicArn, token: &str) -> Result<SnsNews, SnsError> {
        let query = [("Action", "ConfirmSubscription"), ("TopicArn", topic.as_str()), ("Token", token)];
        url.query_pairs_mut().extend_pairs(query);
        self.ask(url).await.map(|_| SnsNews::Subscribed)
    }

    async fn ask(&self, url: Url) -> Result<Bytes, SnsError> {
        let (method, headers) = (Method::GET, HeaderMap::new());
        let request = OutboundRequest { method, url, headers, body: Bytes::new(), deadline: Some(DEADLINE) };
        let Answer { status, body, .. } = self.outbound.exchange(request).await.map_err(SnsError::Unanswered)?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(SnsError::Unanswered(Reason::Status { status: status.as_u16(), code: None }))
        }
    }
}

impl Envelope {
    /// What the signature is over: names and values, each on a line of its own, in the order of the names.
    fn signed(&self) -> Option<String> {
        let (subject, subscribe_url, token) = match self.kind.as_str() {
            "Notification" => (self.subject.as_deref(), None, None),
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
                (None, Some(self.subscribe_url.as_deref()?), Some(self.token.as_deref()?))
            }
            _ => return None,
        };
        let fields = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(&self.message_id)),
            ("Subject", subject),
            ("SubscribeURL", subscribe_url),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", token),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        Some(fields.iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", (*value)?))).collect())
    }
}

/// The address, if it is one at the host that it must be at.
fn certificate_url(text: &str, base: &Url) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_there = url.origin() == base.origin() && url.path().ends_with(".pem");
    (is_plain && is_there).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_lies_at_the_region_s_host() {
        let topic: TopicArn = "arn:aws:sns:eu-west-1:123456789012:mails".parse().unwrap();
        let lies = |text: &str| certificate_url(text, &topic.host()).is_some();
        assert!(lies("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0f.pem"));
        for elsewhere in [
            "http://sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
            "https://sns.eu-west-2.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com.example.org/a.pem",
            "https://sns.eu-west-1.amazonaws.com@example.org/a.pem",
            "https://ann:b@sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com/?a=.pem",
            "https://sns.eu-west-1.amazonaws.com/a",
            "file:///a.pem",
            "",
        ] {
            assert!(!lies(elsewhere), "{elsewhere}");
        }
    }
}
