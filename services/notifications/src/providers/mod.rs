//! What providers tell us of what we gave them: mails that came back, complaints, people who answer STOP.
//!
//! Each form is believed only where it shows that it comes from the provider. What it says concerns an address, which several tenants may have
//! written to: each of them that did hears of it, in its own list of suppressed addresses.

mod effect;
mod forms;

use banyan_channels::webhook::VerifyingKey;
use banyan_http::Host;
use banyan_kernel::Secret;
use serde::Deserialize;

pub(crate) use effect::{News, Verdict, heed, take_back};
pub(crate) use forms::{Form, bounces};

/// By what providers are known. What is not set is not believed.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// `whsec_…` or `whpk_…`, of Standard Webhooks.
    bounce_keys: Vec<Secret<String>>,
    mailgun_key: Option<Secret<String>>,
    postmark_token: Option<Secret<String>>,
    sms_token: Option<Secret<String>>,
    public_url: Option<String>,
}

/// See [`Settings`].
#[derive(Clone, Default)]
pub(crate) struct Providers {
    keys: Vec<VerifyingKey>,
    mailgun_key: Option<Secret<String>>,
    postmark_token: Option<Secret<String>>,
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
        Self {
            keys,
            mailgun_key: settings.mailgun_key,
            postmark_token: settings.postmark_token,
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
