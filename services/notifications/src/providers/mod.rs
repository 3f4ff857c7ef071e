//! What providers tell us of what we gave them: mails that came back, complaints, people who answer STOP.
//!
//! Each form is believed only where it shows that it comes from the provider. What it says concerns an address, which several tenants may have
//! written to: each of them that did hears of it, in its own list of suppressed addresses.

mod effect;
mod forms;

use std::sync::Arc;

use banyan_channels::sns::{Sns, TopicArn};
use banyan_channels::webhook::VerifyingKey;
use banyan_channels::{HttpClient, HttpSettings};
use banyan_http::Host;
use banyan_kernel::Secret;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use effect::{News, Verdict, heed, take_back};
pub(crate) use forms::{Form, Refusal, bounces};

/// By what providers are known. What is not set is not believed.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// `whsec_…` or `whpk_…`, of Standard Webhooks.
    bounce_keys: Vec<Secret<String>>,
    mailgun_key: Option<Secret<String>>,
    postmark_token: Option<Secret<String>>,
    ses_topics: Vec<TopicArn>,
    /// Another address than Amazon's.
    ses_url: Option<String>,
    sms_token: Option<Secret<String>>,
    public_url: Option<String>,
}

/// See [`Settings`].
#[derive(Clone, Default)]
pub(crate) struct Providers {
    keys: Vec<VerifyingKey>,
    mailgun_key: Option<Secret<String>>,
    postmark_token: Option<Secret<String>>,
    sns: Option<Arc<Sns>>,
    sms_token: Option<Secret<String>>,
    public_url: Option<String>,
}

impl Providers {
    pub(crate) fn of(host: &Host) -> Self {
        let given = host.settings.get("providers").cloned().unwrap_or_default();
        let settings: Settings = match serde_json::from_value(given) {
            Ok(settings) => settings,
            Err(error) if host.settings.get("providers").is_some() => {
                tracing::error!(%error, "nothing of what providers tell is believed: the settings do not fit");
                Settings::default()
            }
            Err(_) => Settings::default(),
        };
        let mut keys = Vec::new();
        for text in &settings.bounce_keys {
            match text.expose().parse() {
                Ok(key) => keys.push(key),
                Err(error) => tracing::error!(%error, "a key for bounces cannot be read"),
            }
        }
        let sns = if settings.ses_topics.is_empty() { None } else { sns_of(host, &settings) };
        Self {
            keys,
            mailgun_key: settings.mailgun_key,
            postmark_token: settings.postmark_token,
            sns,
            sms_token: settings.sms_token,
            public_url: settings.public_url,
        }
    }

    /// Whether an answer to a text comes from the provider: by its token, over the address that it was told to call.
    pub(crate) fn is_text(&self, host: Option<&str>, path: &str, form: &[(String, String)], signature: &str) -> bool {
        let Some(token) = &self.sms_token else { return false };
        // The provider signs the address as it was typed there, which is not always how the request arrives here.
        let typed = self.public_url.iter().map(|base| format!("{base}{path}"));
        let asked = host.into_iter().flat_map(|host| ["https", "http"].map(|scheme| format!("{scheme}://{host}{path}")));
        typed.chain(asked).any(|url| banyan_channels::sms::is_signed(token, &url, form, signature))
    }
}

/// Asks Amazon by the client that messages leave by.
fn sns_of(host: &Host, settings: &Settings) -> Option<Arc<Sns>> {
    let http = match host.settings.pointer("/channels/http") {
        None | Some(Value::Null) => HttpSettings::default(),
        // Whoever sends messages has said by now what does not fit.
        Some(given) => serde_json::from_value(given.clone()).ok()?,
    };
    let base_url = match settings.ses_url.as_deref().map(str::parse).transpose() {
        Ok(base_url) => base_url,
        Err(error) => {
            tracing::error!(%error, "nothing that Amazon tells is believed: the address that stands in for it is none");
            return None;
        }
    };
    let client = HttpClient::new(&http).inspect_err(|error| tracing::error!(%error, "Amazon cannot be asked")).ok()?;
    Some(Arc::new(Sns::new(settings.ses_topics.clone(), base_url, Arc::new(client), host.clock.clone())))
}
