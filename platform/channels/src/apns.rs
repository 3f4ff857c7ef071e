//! Push to Apple's devices: the provider interface of APNs over HTTP/2, by a token of our key.
//! <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp, Uuid};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::attempt::{Attempt, Delivered, MessageError, ProviderWord, Reason, Refused};
use crate::http::{Answer, Outbound, OutboundRequest, Verdict, unanswered};
use crate::jwt::{KeyError, TokenKey};
use crate::secrets::SecretText;

/// Apple refuses tokens older than an hour, and new ones within 20 minutes.
const TOKEN_SECONDS: i64 = 40 * 60;
/// The longest payload, in bytes.
const LONGEST: usize = 4_096;

/// How Apple knows us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsSettings {
    /// The key in PEM (`.p8`), as the developer account gives it.
    pub key: SecretText,
    /// The key's name, 10 letters and digits.
    pub key_id: String,
    /// The team's, too.
    pub team_id: String,
    /// The app's bundle identifier.
    pub topic: String,
    #[serde(default)]
    pub environment: ApnsEnvironment,
    /// Instead of that environment's own.
    #[serde(default, deserialize_with = "crate::url_text::optional")]
    pub base_url: Option<Url>,
}

/// For which builds of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApnsEnvironment {
    #[default]
    Production,
    /// Builds from the workbench.
    Sandbox,
}

/// Nothing could be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum ApnsSettingsError {
    #[error("the file of the key: {0}")]
    File(#[from] std::io::Error),
    #[error("the key: {0}")]
    Key(#[from] KeyError),
    #[error("`base_url` is no address")]
    BaseUrl,
}

/// A notification to one device.
#[derive(Clone)]
pub struct ApnsMessage {
    /// Stays the same when it is sent again (`apns-id`).
    pub id: Uuid,
    /// The device's token, in hexadecimal digits.
    pub token: String,
    pub title: String,
    pub body: String,
    /// The number at the app's icon.
    pub badge: Option<u32>,
    /// For the app, beside `aps`.
    pub data: Map<String, Value>,
    /// How long it is kept for a device that is away. Nothing: it is tried once.
    pub lifetime: Duration,
    pub priority: ApnsPriority,
    /// A later notification of the same one takes its place: at most 64 bytes.
    pub collapse_id: Option<String>,
}

impl fmt::Debug for ApnsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApnsMessage").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What it is worth to the device's battery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApnsPriority {
    #[default]
    AtOnce,
    WhenConvenient,
}

/// Sends to Apple. Cheap to clone.
#[derive(Clone)]
pub struct Apns(Arc<Inner>);

struct Inner {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    key: TokenKey,
    key_id: String,
    team_id: String,
    topic: String,
    base: Url,
    current: Mutex<Option<(Arc<str>, Timestamp)>>,
}

impl Apns {
    /// # Errors
    /// [`ApnsSettingsError`].
    pub fn new(settings: &ApnsSettings, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Result<Self, ApnsSettingsError> {
        let own = match settings.environment {
            ApnsEnvironment::Production => "https://api.push.apple.com",
            ApnsEnvironment::Sandbox => "https://api.sandbox.push.apple.com",
        };
        let base = settings.base_url.as_ref().map_or(own, Url::as_str);
        Ok(Self(Arc::new(Inner {
            outbound,
            clock,
            key: TokenKey::es256_pem(settings.key.read()?.expose())?,
            key_id: settings.key_id.clone(),
            team_id: settings.team_id.clone(),
            topic: settings.topic.clone(),
            base: base.parse().map_err(|_| ApnsSettingsError::BaseUrl)?,
            current: Mutex::new(None),
        })))
    }

    /// Hands the notification over. 410 says that the app is gone from the device.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn send(&self, message: &ApnsMessage) -> Attempt {
        let inner = &*self.0;
        let token = inner.token()?;
        let request = inner.request(message, &token)?;
        let answer = inner.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, inner.clock.now());
        if verdict.is_success() {
            let id = answer.headers.get("apns-id").and_then(|id| id.to_str().ok());
            return Ok(Delivered::as_(id.unwrap_or_default()));
        }
        let code = code(&answer);
        match answer.status {
            StatusCode::GONE => Err(verdict.gone(code)),
            // The key or its token: for an operator to mend, or made anew.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                inner.current.lock().take_if(|(current, _)| Arc::ptr_eq(current, &token));
                Err(verdict.later(code))
            }
            // `BadDeviceToken` is also the answer to tokens of the other environment, so an address is not given up for it.
            _ => Err(verdict.refused(code)),
        }
    }
}

impl Inner {
    fn token(&self) -> Result<Arc<str>, Refused> {
        let now = self.clock.now();
        let mut current = self.current.lock();
        if let Some((token, _)) = current.as_ref().filter(|(_, since)| (0..TOKEN_SECONDS).contains(&now.seconds_since(*since))) {
            return Ok(token.clone());
        }
        let claims = json!({ "iss": self.team_id, "iat": now.seconds() });
        let signed = self.key.sign(Some(&self.key_id), &claims);
        let token: Arc<str> = signed.map_err(|_| Refused::for_now(Reason::Settings("the key of APNs")))?.into();
        *current = Some((token.clone(), now));
        Ok(token)
    }

    fn request(&self, message: &ApnsMessage, token: &str) -> Result<OutboundRequest, Refused> {
        let device = &message.token;
        if !(1..=200).contains(&device.len()) || !device.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Refused::message("token", MessageError::Malformed));
        }
        if message.collapse_id.as_ref().is_some_and(|id| id.len() > 64) {
            return Err(Refused::message("collapse_id", MessageError::TooLong));
        }
        let url =
            self.base.join(&format!("/3/device/{device}")).map_err(|_| Refused::message("token", MessageError::Malformed))?;
        let mut request = OutboundRequest::post(url, payload(message)?);
        let expiration = match message.lifetime.as_secs() {
            0 => 0,
            seconds => self.clock.now().seconds().saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
        };
        let priority = if message.priority == ApnsPriority::AtOnce { "10" } else { "5" };
        let mut headers = vec![
            (AUTHORIZATION, format!("bearer {token}")),
            (HeaderName::from_static("apns-topic"), self.topic.clone()),
            (HeaderName::from_static("apns-push-type"), "alert".to_owned()),
            (HeaderName::from_static("apns-priority"), priority.to_owned()),
            (HeaderName::from_static("apns-expiration"), expiration.to_string()),
            (HeaderName::from_static("apns-id"), message.id.to_string()),
        ];
        headers.extend(message.collapse_id.clone().map(|id| (HeaderName::from_static("apns-collapse-id"), id)));
        for (name, value) in headers {
            let value = HeaderValue::from_str(&value).map_err(|_| Refused::message("collapse_id", MessageError::Malformed))?;
            request.headers.insert(name, value);
        }
        Ok(request)
    }
}

fn payload(message: &ApnsMessage) -> Result<String, Refused> {
    let mut aps = json!({ "alert": { "title": message.title, "body": message.body }, "sound": "default" });
    if let Some(badge) = message.badge {
        aps["badge"] = badge.into();
    }
    let mut whole = message.data.clone();
    whole.insert("aps".to_owned(), aps);
    let text = Value::Object(whole).to_string();
    if text.len() > LONGEST { Err(Refused::message("body", MessageError::TooLong)) } else { Ok(text) }
}

/// `{"reason": "BadDeviceToken"}`.
fn code(answer: &Answer) -> Option<ProviderWord> {
    let said: Value = serde_json::from_slice(&answer.body).ok()?;
    ProviderWord::new(said["reason"].as_str()?)
}
