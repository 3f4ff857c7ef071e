//! The way out: who may be told, and what is said.

use std::fmt;
use std::sync::Arc;

use banyan_channels::http::HttpSettings;
use banyan_channels::webhook::{SigningKey, Webhook, Webhooks};
use banyan_channels::{Attempt, Guard, HttpClient, MessageError, Reason, Refused};
use banyan_http::Host;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::idempotency::Cipher;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::webhook::Model;

/// What the installation says about webhooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) http: HttpSettings,
    /// How long deliveries are kept, in seconds.
    pub(crate) deliveries_kept_seconds: i64,
}

impl Default for Settings {
    /// 30 days.
    fn default() -> Self {
        Self { http: HttpSettings::default(), deliveries_kept_seconds: 30 * 86_400 }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Exit {
    pub(crate) guard: Guard,
    pub(crate) deliveries_kept_seconds: i64,
    webhooks: Option<Webhooks>,
}

impl Exit {
    /// As the settings say. Where they do not fit, nothing leaves, and the log says why.
    pub(crate) fn of(host: &Host) -> Self {
        let settings = host.settings::<Settings>().unwrap_or_else(|error| {
            tracing::error!(%error, "webhooks leave as if nothing was set");
            Settings::default()
        });
        let client = HttpClient::new(&settings.http);
        if let Err(error) = &client {
            tracing::error!(%error, "no webhooks leave: the settings of channels do not fit");
        }
        Self {
            guard: Guard::new(&settings.http.guard),
            deliveries_kept_seconds: settings.deliveries_kept_seconds,
            webhooks: client.ok().map(|client| Webhooks::new(Arc::new(client), host.clock.clone())),
        }
    }

    /// One attempt to tell a subscription's address of an event. The id of an event stays the same in all attempts.
    pub(crate) async fn send(&self, webhook: &Model, keys: Vec<SigningKey>, event_id: Uuid, event: &Value) -> Attempt {
        let Some(webhooks) = &self.webhooks else {
            return Err(Refused::for_now(Reason::Settings("the way out cannot be made; the server's log says why")));
        };
        // What the settings allowed when it was made, they may not allow any more.
        let url = self.guard.check(&webhook.url).map_err(|error| Refused::for_good(Reason::Address(error)))?;
        if keys.is_empty() {
            return Err(Refused::message("keys", MessageError::Malformed));
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cloudevents+json"));
        let (id, body) = (message_id(event_id, webhook.id), Bytes::from(event.to_string()));
        webhooks.send(&Webhook { id, url, keys, headers, body }).await
    }
}

/// By which a receiver knows what it was told before: the event's id, and the subscription's.
fn message_id(event: Uuid, webhook: Uuid) -> String {
    format!("{event}_{webhook}")
}

/// The keys to sign with now: the newest first, and the one before it while both count.
pub(crate) fn keys(webhook: &Model, cipher: &Cipher, now: Timestamp) -> Vec<SigningKey> {
    let former = webhook.former_secret.as_ref().filter(|_| webhook.former_until.is_some_and(|until| until > now.micros()));
    [Some(&webhook.secret), former].into_iter().flatten().filter_map(|sealed| open(sealed, webhook.id, cipher)).collect()
}

pub(crate) fn seal(key: &SigningKey, webhook: Uuid, cipher: &Cipher) -> Vec<u8> {
    cipher.seal(key.reveal().expose().as_bytes(), webhook.as_bytes())
}

fn open(sealed: &[u8], webhook: Uuid, cipher: &Cipher) -> Option<SigningKey> {
    let opened = cipher.open(sealed, webhook.as_bytes()).ok().and_then(|text| String::from_utf8(text).ok());
    let key = opened.and_then(|text| text.parse().ok());
    if key.is_none() {
        tracing::error!(%webhook, "the secret of a webhook cannot be read: it was sealed under another master key");
    }
    key
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exit").finish_non_exhaustive()
    }
}
