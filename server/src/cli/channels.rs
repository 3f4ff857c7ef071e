use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use banyan_channels::chat::{ChatMessage, Tone};
use banyan_channels::mail::{Mail, MailSettings, from_settings};
use banyan_channels::pagerduty::{Incident, PagerDutyEvent, Severity};
use banyan_channels::sms::SmsMessage;
use banyan_channels::web_push::VapidKeys;
use banyan_channels::{Attempt, ChannelSettings, Channels};
use banyan_kernel::{Clock, Ids, OsRandom, Random, SystemClock};
use clap::{Subcommand, ValueEnum};

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::channels;
use crate::settings::Loaded;

/// What leaves for people and programs: which channels are set, and whether they work.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan channels list\n  banyan channels test slack\n  banyan channels test mail --to ops@example.org"
)]
pub(crate) enum Command {
    /// List the channels and whether they are set.
    List {
        #[command(flatten)]
        installation: Installation,
    },
    /// Send a message that says it is a test. Exit code 1 if it was refused.
    Test {
        /// The channel.
        channel: Testable,
        /// Who gets it: an address for mail, a number such as +15005550006 for sms.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        #[command(flatten)]
        installation: Installation,
    },
    /// Print a new pair of keys for Web Push, as variables. Nothing is changed.
    Keys,
}

/// Channels that can be tried from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Testable {
    Mail,
    Sms,
    Slack,
    Discord,
    Pagerduty,
}

const TITLE: &str = "Banyan: a test";
const TEXT: &str = "This message was sent by `banyan channels test`. There is nothing to do.";

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::List { installation } => list(&installation.load()?),
            Self::Test { channel, to, installation } => test(channel, to.as_deref(), &installation.load()?),
            Self::Keys => keys(),
        }
    }
}

fn list(loaded: &Loaded) -> Result<Ended> {
    let settings = channels::read(&loaded.settings)?;
    let word = |set: bool| if set { "set" } else { "not set" }.to_owned();
    let mail = if loaded.settings.mail.smtp_host.is_some() { "set" } else { "written to files" };
    let rows = [
        ["mail".to_owned(), mail.to_owned()],
        ["webhooks".to_owned(), "needs no settings".to_owned()],
        ["web-push".to_owned(), word(settings.web_push.is_some())],
        ["fcm".to_owned(), word(settings.fcm.is_some())],
        ["apns".to_owned(), word(settings.apns.is_some())],
        ["sms".to_owned(), word(settings.sms.is_some())],
        ["slack".to_owned(), word(settings.slack.is_some())],
        ["discord".to_owned(), word(settings.discord.is_some())],
        ["pagerduty".to_owned(), word(settings.pagerduty.is_some())],
    ];
    terminal::say(&terminal::table(["channel", "state"], &rows))?;
    // A key that does not fit shows here, and not at the first message.
    ready(&settings).map(|_| Ended::Well)
}

fn ready(settings: &ChannelSettings) -> Result<Channels> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    Channels::new(settings, &clock, &random).context("the section `channels` of the settings")
}

fn test(channel: Testable, to: Option<&str>, loaded: &Loaded) -> Result<Ended> {
    let settings = channels::read(&loaded.settings)?;
    let ready = ready(&settings)?;
    let unset = || anyhow!("{channel:?} is not set; `banyan channels list` shows what is, docs/channels.md how");
    let someone = || to.map(str::to_owned).ok_or_else(|| terminal::Usage("say who gets it: --to ADDRESS".to_owned()));
    let chat = ChatMessage { title: TITLE.to_owned(), text: TEXT.to_owned(), link: None, tone: Tone::Plain };
    let attempt: Attempt = block_on(async {
        Ok(match channel {
            Testable::Mail => from_settings(&mail_settings(loaded)?)?.send(&mail(someone()?)).await,
            Testable::Sms => {
                let text = SmsMessage { to: someone()?, text: TEXT.to_owned() };
                ready.sms.as_ref().ok_or_else(unset)?.send(&text).await
            }
            Testable::Slack => ready.slack.send(settings.slack.as_ref().ok_or_else(unset)?, &chat).await,
            Testable::Discord => ready.discord.send(settings.discord.as_ref().ok_or_else(unset)?, &chat).await,
            Testable::Pagerduty => page(ready.pagerduty.as_ref().ok_or_else(unset)?).await,
        })
    })?;
    match attempt {
        Ok(delivered) => {
            let reference = delivered.reference.map_or_else(String::new, |reference| format!(" as {reference}"));
            terminal::say(&format!("taken{reference}"))?;
            Ok(Ended::Well)
        }
        Err(refused) => {
            terminal::complain(&format!("refused ({}): {refused}", refused.hope.word()));
            Ok(Ended::Wrong)
        }
    }
}

fn mail_settings(loaded: &Loaded) -> Result<MailSettings> {
    Ok(serde_json::from_value(crate::house::mail_settings(&loaded.settings, &loaded.data.join("mail")))?)
}

fn mail(to: String) -> Mail {
    Mail {
        id: Ids::new(Arc::new(SystemClock), Arc::new(OsRandom)).next(),
        to,
        name: String::new(),
        subject: TITLE.to_owned(),
        text: TEXT.to_owned(),
        html: format!("<p>{TEXT}</p>"),
        written_at: SystemClock.now().micros(),
        unsubscribe: None,
    }
}

/// Opens an incident and ends it at once.
async fn page(pagerduty: &banyan_channels::pagerduty::PagerDuty) -> Attempt {
    let key = "banyan/channels/test".to_owned();
    let incident = Incident {
        key: key.clone(),
        summary: TITLE.to_owned(),
        source: "banyan".to_owned(),
        severity: Severity::Info,
        at: SystemClock.now(),
        details: serde_json::Map::new(),
        link: None,
    };
    pagerduty.send(&PagerDutyEvent::Trigger(incident)).await?;
    pagerduty.send(&PagerDutyEvent::Resolve { key }).await
}

fn keys() -> Result<Ended> {
    let pair = VapidKeys::generate()?;
    let (public, private) = (&pair.public_key, pair.private_key.expose());
    terminal::say(&format!("BANYAN_CHANNELS_VAPID_PUBLIC_KEY={public}\nBANYAN_CHANNELS_VAPID_PRIVATE_KEY={private}"))?;
    Ok(Ended::Well)
}
