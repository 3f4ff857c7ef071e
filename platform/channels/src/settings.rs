//! The channels that an installation has.

use std::sync::Arc;

use banyan_kernel::{Clock, Random};
use serde::Deserialize;

use crate::apns::{Apns, ApnsSettings, ApnsSettingsError};
use crate::chat::{ChatAddress, Discord, Slack};
use crate::fcm::{Fcm, FcmSettings, FcmSettingsError};
use crate::http::{HttpClient, HttpClientError, HttpSettings, Outbound};
use crate::jwt::KeyError;
use crate::pagerduty::{PagerDuty, PagerDutySettings, PagerDutySettingsError};
use crate::sms::{Sms, SmsSettings, SmsSettingsError};
use crate::web_push::{VapidKeys, VapidSettings, WebPush};
use crate::webhook::Webhooks;

/// What is not set is not there. Mail has settings of its own: [`MailSettings`](crate::mail::MailSettings).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelSettings {
    pub http: HttpSettings,
    pub web_push: Option<VapidSettings>,
    pub fcm: Option<FcmSettings>,
    pub apns: Option<ApnsSettings>,
    pub sms: Option<SmsSettings>,
    pub pagerduty: Option<PagerDutySettings>,
    /// The team's room, also set by `SLACK_WEBHOOK`.
    pub slack: Option<ChatAddress>,
    /// The team's room, also set by `DISCORD_WEBHOOK`.
    pub discord: Option<ChatAddress>,
}

/// Which channel's settings do not fit.
#[derive(Debug, thiserror::Error)]
pub enum ChannelSettingsError {
    #[error("http: {0}")]
    Http(#[from] HttpClientError),
    #[error("web_push: {0}")]
    WebPush(#[from] KeyError),
    #[error("fcm: {0}")]
    Fcm(#[from] FcmSettingsError),
    #[error("apns: {0}")]
    Apns(#[from] ApnsSettingsError),
    #[error("sms: {0}")]
    Sms(#[from] SmsSettingsError),
    #[error("pagerduty: {0}")]
    PagerDuty(#[from] PagerDutySettingsError),
}

/// All channels but mail, ready to send. Those that are not set are `None`; webhooks, Slack and Discord need no settings beyond the
/// address of each message.
#[derive(Clone)]
pub struct Channels {
    pub http: HttpClient,
    pub webhooks: Webhooks,
    pub slack: Slack,
    pub discord: Discord,
    pub web_push: Option<WebPush>,
    pub fcm: Option<Fcm>,
    pub apns: Option<Apns>,
    pub sms: Option<Sms>,
    pub pagerduty: Option<PagerDuty>,
}

impl Channels {
    /// # Errors
    /// [`ChannelSettingsError`], with the channel whose settings do not fit.
    pub fn new(
        settings: &ChannelSettings,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, ChannelSettingsError> {
        let http = HttpClient::new(&settings.http)?;
        let out: Arc<dyn Outbound> = Arc::new(http.clone());
        let web_push = settings.web_push.as_ref().map(VapidKeys::new).transpose()?;
        Ok(Self {
            webhooks: Webhooks::new(out.clone(), clock.clone()),
            slack: Slack::new(out.clone(), clock.clone()),
            discord: Discord::new(out.clone(), clock.clone()),
            web_push: web_push.map(|keys| WebPush::new(out.clone(), clock.clone(), random.clone(), keys)),
            fcm: settings.fcm.as_ref().map(|fcm| Fcm::new(fcm, out.clone(), clock.clone())).transpose()?,
            apns: settings.apns.as_ref().map(|apns| Apns::new(apns, out.clone(), clock.clone())).transpose()?,
            sms: settings.sms.as_ref().map(|sms| Sms::new(sms, out.clone(), clock.clone())).transpose()?,
            pagerduty: settings.pagerduty.as_ref().map(|duty| PagerDuty::new(duty, out.clone(), clock.clone())).transpose()?,
            http,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_no_secret_is_printed() {
        let text = r#"{
            "http": { "guard": { "networks": ["10.0.0.0/8"] }, "deadline_seconds": 15 },
            "web_push": { "public_key": "p", "private_key": "s3cret-1", "subject": "mailto:ops@example.org" },
            "fcm": { "service_account": { "text": "s3cret-2" } },
            "apns": { "key": { "text": "s3cret-3" }, "key_id": "K", "team_id": "T", "topic": "org.example", "environment": "sandbox" },
            "sms": { "account": "AC1", "password": "s3cret-4", "from": "+15005550006" },
            "pagerduty": { "routing_key": "s3cret-5" },
            "slack": "https://hooks.slack.com/services/s3cret-6",
            "discord": "https://discord.com/api/webhooks/1/s3cret-7"
        }"#;
        let settings: ChannelSettings = serde_json::from_str(text).unwrap();
        let printed = format!("{settings:?}");
        assert!(!printed.contains("s3cret"), "{printed}");
        for wrong in
            [r#"{"sms": {"account": "AC1"}}"#, r#"{"pager_duty": {}}"#, r#"{"slack": "s3cret"}"#, r#"{"http": {"x": 1}}"#]
        {
            let error = serde_json::from_str::<ChannelSettings>(wrong).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
