//! The ways out that are set: mail, pushes, texts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_channels::apns::{ApnsMessage, ApnsPriority};
use banyan_channels::chat::{ChatAddress, ChatMessage, Tone};
use banyan_channels::fcm::{FcmMessage, Wake};
use banyan_channels::mail::{self, MailSettings, Mailer, Unsubscribe};
use banyan_channels::sms::SmsMessage;
use banyan_channels::web_push::{PushMessage, Subscription, Urgency};
use banyan_channels::webhook::{SigningKey, Webhook};
use banyan_channels::{ChannelSettings, Channels, Refused};
use banyan_http::Host;
use banyan_kernel::{Secret, Uuid};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Attempt, Hope, Mail, Message, NotSent, Senders, Sent, Short};
use crate::topic::Way;

/// How long a push is kept for a device that is away: a day.
const LIFETIME: Duration = Duration::from_secs(86_400);
/// In characters: what services and screens take.
const LONGEST_TITLE: usize = 120;
const LONGEST_BODY: usize = 600;
const LONGEST_SMS: usize = 1_600;
const LONGEST_ROOM_TITLE: usize = 150;
const LONGEST_ROOM_TEXT: usize = 2_900;

/// How messages leave. What is not set is not there; mails go to files without a mail server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    mail: MailSettings,
    channels: ChannelSettings,
    /// See [`crate::providers`].
    #[serde(rename = "providers")]
    _providers: serde::de::IgnoredAny,
}

pub(super) struct Ways {
    mailer: Arc<dyn Mailer>,
    channels: Channels,
    web_push_key: Option<String>,
}

impl Ways {
    /// What the settings say; or why they do not fit.
    pub(super) fn of(host: &Host) -> Result<Self, String> {
        let settings: Settings = host.settings().map_err(|error| error.to_string())?;
        let mailer = mail::from_settings(&settings.mail).map_err(|error| error.to_string())?;
        let channels = Channels::new(&settings.channels, &host.clock, &host.random).map_err(|error| error.to_string())?;
        let web_push_key = settings.channels.web_push.map(|web_push| web_push.public_key);
        Ok(Self { mailer, channels, web_push_key })
    }

    async fn push(&self, id: Uuid, way: Way, target: &Value, words: &Short) -> banyan_channels::Attempt {
        let missing = || Refused::for_good(banyan_channels::Reason::Settings("there are none for this way"));
        let unreadable = || Refused::gone(banyan_channels::Reason::Settings("the registration cannot be read"));
        let token = || target["token"].as_str().map(str::to_owned).ok_or_else(unreadable);
        let data = json!({ "notificationId": words.tag, "link": words.link });
        let (title, body) = (short(&words.title, LONGEST_TITLE), short(&words.body, LONGEST_BODY));
        match way {
            Way::WebPush => {
                let subscription: Subscription = serde_json::from_value(target.clone()).map_err(|_| unreadable())?;
                let payload = json!({ "title": title, "body": body, "link": words.link, "tag": words.tag }).to_string();
                let urgency = if words.urgent { Urgency::High } else { Urgency::Normal };
                // A UUID's 32 digits.
                let topic = Some(words.tag.replace('-', "")).filter(|topic| topic.len() <= 32);
                let message = PushMessage { payload: payload.into_bytes(), lifetime: LIFETIME, urgency, topic };
                self.channels.web_push.as_ref().ok_or_else(missing)?.send(&subscription, &message).await
            }
            Way::Fcm => {
                let data = [("notificationId", Some(words.tag.clone())), ("link", words.link.clone())];
                let data: BTreeMap<String, String> =
                    data.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
                let wake = if words.urgent { Wake::AtOnce } else { Wake::WhenAwake };
                let collapse_key = Some(words.tag.clone());
                let message = FcmMessage { token: token()?, title, body, data, lifetime: Some(LIFETIME), wake, collapse_key };
                self.channels.fcm.as_ref().ok_or_else(missing)?.send(&message).await
            }
            Way::Apns => {
                let priority = if words.urgent { ApnsPriority::AtOnce } else { ApnsPriority::WhenConvenient };
                let message = ApnsMessage {
                    id,
                    token: token()?,
                    title,
                    body,
                    badge: None,
                    data: data.as_object().cloned().unwrap_or_default(),
                    lifetime: LIFETIME,
                    priority,
                    collapse_id: Some(words.tag.clone()),
                };
                self.channels.apns.as_ref().ok_or_else(missing)?.send(&message).await
            }
            Way::Email | Way::Sms | Way::Slack | Way::Discord | Way::PagerDuty | Way::Webhook => Err(missing()),
        }
    }

    async fn room(&self, way: Way, target: &str, words: &Short) -> banyan_channels::Attempt {
        let unreadable = |_| Refused::gone(banyan_channels::Reason::Settings("the address cannot be read"));
        let room = ChatAddress::new(target).map_err(unreadable)?;
        let tone = if words.urgent { Tone::Warning } else { Tone::Plain };
        let link = words.link.as_deref().and_then(|link| link.parse().ok());
        let (title, text) = (short(&words.title, LONGEST_ROOM_TITLE), short(&words.body, LONGEST_ROOM_TEXT));
        let message = ChatMessage { title, text, link, tone };
        match way {
            Way::Slack => self.channels.slack.send(&room, &message).await,
            Way::Discord => self.channels.discord.send(&room, &message).await,
            _ => Err(Refused::for_good(banyan_channels::Reason::Settings("there are none for this way"))),
        }
    }

    async fn hook(&self, id: Uuid, url: &str, keys: &[Secret<String>], body: &str) -> banyan_channels::Attempt {
        let unreadable = || Refused::gone(banyan_channels::Reason::Settings("the address or its key cannot be read"));
        let keys: Result<Vec<SigningKey>, _> = keys.iter().map(|key| key.expose().parse()).collect();
        let url = url.parse().map_err(|_| unreadable())?;
        let keys = keys.map_err(|_| unreadable())?;
        let webhook = Webhook { id: id.to_string(), url, keys, headers: http::HeaderMap::new(), body: body.to_owned().into() };
        self.channels.webhooks.send(&webhook).await
    }
}

#[async_trait]
impl Senders for Ways {
    fn has(&self, way: Way) -> bool {
        match way {
            Way::Email => true,
            Way::WebPush => self.channels.web_push.is_some(),
            Way::Fcm => self.channels.fcm.is_some(),
            Way::Apns => self.channels.apns.is_some(),
            Way::Sms => self.channels.sms.is_some(),
            Way::Slack | Way::Discord | Way::Webhook => true,
            Way::PagerDuty => false,
        }
    }

    fn may_send_to(&self, way: Way, address: &str) -> Result<(), String> {
        self.channels.http.guard().check(address).map_err(|error| error.to_string())?;
        match way {
            Way::Slack | Way::Discord => ChatAddress::new(address).map(drop).map_err(|error| error.to_string()),
            _ => Ok(()),
        }
    }

    fn web_push_key(&self) -> Option<String> {
        self.web_push_key.clone()
    }

    async fn send(&self, message: &Message) -> Attempt {
        let attempt = match message {
            Message::Mail(mail) => self.mailer.send(&outgoing(mail)).await,
            Message::Push { id, way, target, words } => self.push(*id, *way, target, words).await,
            Message::Sms { to, text, .. } => {
                let missing = Refused::for_good(banyan_channels::Reason::Settings("there are none for texts"));
                let message = SmsMessage { to: to.clone(), text: short(text, LONGEST_SMS) };
                match &self.channels.sms {
                    Some(sms) => sms.send(&message).await,
                    None => Err(missing),
                }
            }
            Message::Room { way, target, words, .. } => self.room(*way, target, words).await,
            Message::Hook { id, url, keys, body } => self.hook(*id, url, keys, body).await,
        };
        attempt.map(|delivered| Sent { reference: delivered.reference }).map_err(|refused| not_sent(&refused))
    }
}

fn outgoing(mail: &Mail) -> mail::Mail {
    // RFC 8058 wants TLS; a laptop without it has the link in the mail's text.
    let unsubscribe = mail.unsubscribe.clone().filter(|url| url.starts_with("https://"));
    mail::Mail {
        id: mail.id,
        to: mail.to.clone(),
        name: mail.name.clone(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: mail.html.clone(),
        written_at: mail.written_at,
        unsubscribe: unsubscribe.map(|url| Unsubscribe { url, mail: None }),
    }
}

fn not_sent(refused: &Refused) -> NotSent {
    let hope = match refused.hope {
        banyan_channels::Hope::Temporary { retry_after } => Hope::Later(retry_after),
        banyan_channels::Hope::Permanent => Hope::Never,
        banyan_channels::Hope::Gone => Hope::AddressGone,
    };
    NotSent { hope, reason: refused.reason.to_string() }
}

fn short(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
