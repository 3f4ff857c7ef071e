//! Who is told, and in which words.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_channels::chat::{ChatAddress, ChatMessage, Tone};
use banyan_channels::mail::{Mail, Mailer, from_settings};
use banyan_channels::pagerduty::{Incident, PagerDutyEvent};
use banyan_channels::webhook::{SigningKey, Webhook};
use banyan_channels::{Attempt, Channels, Delivered, Reason, Refused};
use banyan_kernel::{Clock, Random, Timestamp, Uuid};
use banyan_locale::{Args, Catalogues, Locale};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::tell::{Line, News, Stage};
use crate::channels;
use crate::settings::Settings;
use crate::settings::types::AlertLanguage;

/// The address of a receiver. Stored with what it is told: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Receiver {
    Slack,
    Discord,
    PagerDuty,
    /// All addresses, one mail each.
    Email,
    Webhook,
}

impl Receiver {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::PagerDuty => "pagerduty",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

/// Those that the settings have.
pub(crate) fn names_of(settings: &Settings) -> Vec<Receiver> {
    let (ours, channels) = (&settings.alerts, &settings.channels);
    let set = [
        (Receiver::Slack, channels.slack_webhook.is_some()),
        (Receiver::Discord, channels.discord_webhook.is_some()),
        (Receiver::PagerDuty, channels.pagerduty_routing_key.is_some()),
        (Receiver::Email, !ours.email.is_empty()),
        (Receiver::Webhook, ours.webhook.is_some()),
    ];
    set.into_iter().filter_map(|(receiver, set)| set.then_some(receiver)).collect()
}

/// All of them, ready to be told.
pub(crate) struct Receivers {
    all: Vec<Receiver>,
    channels: Channels,
    mailer: Arc<dyn Mailer>,
    slack: Option<ChatAddress>,
    discord: Option<ChatAddress>,
    email: Vec<String>,
    webhook: Option<(Url, SigningKey)>,
    catalogues: Arc<Catalogues>,
    locale: Locale,
    /// Which installation it is, for those who have several.
    installation: String,
}

impl Receivers {
    /// # Errors
    /// Which setting does not fit.
    pub(crate) fn new(
        settings: &Settings,
        mail: &Value,
        catalogues: &Arc<Catalogues>,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self> {
        let ours = channels::read(settings)?;
        let webhook = match (&settings.alerts.webhook, &settings.alerts.webhook_secret) {
            (Some(url), Some(secret)) => {
                let url = url.0.parse().context("`alerts.webhook` is no address")?;
                let key = secret.expose().parse().context("`alerts.webhook_secret` is no key such as `whsec_…`")?;
                Some((url, key))
            }
            (Some(_), None) => anyhow::bail!("`alerts.webhook` needs `alerts.webhook_secret`, a key such as `whsec_…`"),
            (None, _) => None,
        };
        Ok(Self {
            all: names_of(settings),
            channels: Channels::new(&ours, clock, random).context("the section `channels` of the settings")?,
            mailer: from_settings(&serde_json::from_value(mail.clone())?).context("the section `mail` of the settings")?,
            slack: ours.slack,
            discord: ours.discord,
            email: settings.alerts.email.clone(),
            webhook,
            catalogues: catalogues.clone(),
            locale: match settings.alerts.language {
                AlertLanguage::English => Locale::en_us(),
                AlertLanguage::Indonesian => Locale::id_id(),
            },
            installation: crate::house::public_url(settings),
        })
    }

    pub(crate) fn all(&self) -> &[Receiver] {
        &self.all
    }

    /// One attempt. `id` is the same in all attempts.
    pub(crate) async fn tell(&self, receiver: Receiver, news: &News, id: Uuid) -> Attempt {
        let unset = || Refused::for_good(Reason::Settings("the receiver is not set any more"));
        match receiver {
            Receiver::Slack => self.channels.slack.send(self.slack.as_ref().ok_or_else(unset)?, &self.chat(news)).await,
            Receiver::Discord => self.channels.discord.send(self.discord.as_ref().ok_or_else(unset)?, &self.chat(news)).await,
            Receiver::PagerDuty => {
                let pagerduty = self.channels.pagerduty.as_ref().ok_or_else(unset)?;
                for line in &news.lines {
                    pagerduty.send(&self.incident(news, line)).await?;
                }
                Ok(Delivered::nameless())
            }
            Receiver::Email => {
                for (number, to) in self.email.iter().enumerate() {
                    self.mailer.send(&self.mail(news, to, id, number)).await?;
                }
                Ok(Delivered::nameless())
            }
            Receiver::Webhook => {
                let (url, key) = self.webhook.as_ref().ok_or_else(unset)?;
                let body = json!({ "type": "alert", "timestamp": news.at, "data": self.data(news) });
                let (url, keys) = (url.clone(), vec![key.clone()]);
                let webhook =
                    Webhook { id: id.to_string(), url, keys, headers: http::HeaderMap::new(), body: body.to_string().into() };
                self.channels.webhooks.send(&webhook).await
            }
        }
    }

    fn text(&self, id: &str, args: &Args<'_>) -> String {
        self.catalogues.messages(None, self.locale).format(id, args).into_owned()
    }

    fn title(&self, news: &News) -> String {
        let over = news.lines.iter().all(|line| line.stage == Stage::Over);
        let id = if over { "alerts-title-over" } else { "alerts-title" };
        let title = self.text(id, &Args::new().text("service", &news.service));
        title.chars().take(150).collect()
    }

    fn line(&self, line: &Line) -> String {
        let stage = self.text(&format!("alerts-stage-{}", line.stage.word()), &Args::new());
        let count = i64::try_from(line.count).unwrap_or(i64::MAX);
        let what = self.text(&format!("alerts-{}", line.trouble.word()), &Args::new().integer("count", count));
        if line.stage == Stage::Over {
            format!("{stage}: {}", self.text(&format!("alerts-{}-name", line.trouble.word()), &Args::new()))
        } else {
            format!("{stage}: {what}")
        }
    }

    fn body(&self, news: &News) -> String {
        let lines: Vec<String> = news.lines.iter().map(|line| self.line(line)).collect();
        format!("{}\n{}", lines.join("\n"), self.installation)
    }

    fn chat(&self, news: &News) -> ChatMessage {
        let over = news.lines.iter().all(|line| line.stage == Stage::Over);
        let tone = if over { Tone::Good } else { Tone::Bad };
        ChatMessage { title: self.title(news), text: self.body(news), link: None, tone }
    }

    fn incident(&self, news: &News, line: &Line) -> PagerDutyEvent {
        let key = format!("banyan/{}/{}/{}", self.installation, news.service, line.trouble.word());
        let key: String = key.chars().take(255).collect();
        if line.stage == Stage::Over {
            return PagerDutyEvent::Resolve { key };
        }
        PagerDutyEvent::Trigger(Incident {
            key,
            summary: format!("{}: {}", news.service, self.line(line)),
            source: self.installation.clone(),
            severity: line.trouble.severity(),
            at: news.at,
            details: serde_json::Map::new(),
            link: None,
        })
    }

    fn mail(&self, news: &News, to: &str, id: Uuid, number: usize) -> Mail {
        let text = self.body(news);
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>");
        Mail {
            // One for each address, the same in each attempt.
            id: Uuid::from_u128(id.as_u128() ^ number as u128),
            to: to.to_owned(),
            name: String::new(),
            subject: self.title(news),
            text,
            html: format!("<p>{escaped}</p>"),
            written_at: news.at.micros(),
            unsubscribe: None,
        }
    }

    fn data(&self, news: &News) -> Value {
        let lines = news.lines.iter().map(|line| {
            json!({
                "trouble": line.trouble.word(), "stage": line.stage.word(), "severity": line.trouble.severity().word(),
                "count": line.count, "text": self.line(line),
            })
        });
        json!({ "installation": self.installation, "service": news.service, "title": self.title(news), "alerts": lines.collect::<Vec<_>>() })
    }
}

/// What `banyan alerts test` says.
pub(crate) fn sample(at: Timestamp) -> News {
    News {
        service: "test".to_owned(),
        lines: vec![Line { trouble: super::Trouble::DeadLetters, count: 1, stage: Stage::New }],
        at,
    }
}
