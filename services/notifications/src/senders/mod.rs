//! How a message leaves the house: one attempt, one result. Retries are the jobs'.

mod ways;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_http::Host;
use banyan_kernel::{Secret, Uuid};
use serde_json::Value;

use crate::store::suppressions::hint;
use crate::topic::Way;

/// A message on its way out. Holds addresses and personal text: never logged.
#[derive(Clone, PartialEq)]
pub enum Message {
    Mail(Mail),
    /// To a browser or a device; `target` as it was registered.
    Push {
        id: Uuid,
        way: Way,
        target: Value,
        words: Short,
    },
    Sms {
        id: Uuid,
        to: String,
        text: String,
    },
    /// To a chat room; `target` is its address, which is a secret.
    Room {
        id: Uuid,
        way: Way,
        target: String,
        words: Short,
    },
    /// To a program, signed by each of the keys (`whsec_…`).
    Hook {
        id: Uuid,
        url: String,
        keys: Vec<Secret<String>>,
        body: String,
    },
}

impl Message {
    /// Where it goes, so that its owner knows it again; none where the delivery says so already.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Mail(mail) => Some(hint(&mail.to)),
            Self::Sms { to, .. } => Some(hint(to)),
            Self::Push { .. } | Self::Room { .. } | Self::Hook { .. } => None,
        }
    }
}

/// A mail to one person, in whole.
#[derive(Clone, PartialEq)]
pub struct Mail {
    /// The same in all attempts: `Message-ID`.
    pub id: Uuid,
    pub to: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// RFC 8058, where it can be unsubscribed from.
    pub unsubscribe: Option<String>,
    /// In microseconds since the epoch.
    pub written_at: i64,
}

/// What fits on a small screen.
#[derive(Clone, PartialEq)]
pub struct Short {
    pub title: String,
    pub body: String,
    /// Absolute.
    pub link: Option<String>,
    pub urgent: bool,
    /// A later one of the same tag takes the place of an earlier one.
    pub tag: String,
}

/// What came of one attempt.
pub type Attempt = Result<Sent, NotSent>;

/// The next one took it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How the provider calls it.
    pub reference: Option<String>,
}

/// It did not arrive, as far as is known. `reason` may be stored and shown: no address, no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent {
    pub hope: Hope,
    pub reason: String,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// It may arrive later; after so long, where the provider has said so.
    Later(Option<Duration>),
    /// This message never will.
    Never,
    /// The address takes nothing any more.
    AddressGone,
}

impl Hope {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Later(_) => "temporary",
            Self::Never => "permanent",
            Self::AddressGone => "gone",
        }
    }
}

/// The ways out.
#[async_trait]
pub trait Senders: Send + Sync {
    /// Whether messages of this way can be sent at all: there are settings for it.
    fn has(&self, way: Way) -> bool;

    /// The key that browsers are given when they subscribe to pushes (RFC 8292, base64url), where there are any.
    fn web_push_key(&self) -> Option<String> {
        None
    }

    /// Whether an address that somebody typed may be sent to, as far as can be told before it is: the reason why not.
    ///
    /// # Errors
    /// Why not, in words for people.
    fn may_send_to(&self, way: Way, address: &str) -> Result<(), String> {
        let _any = (way, address);
        Ok(())
    }

    async fn send(&self, message: &Message) -> Attempt;
}

/// Those that were put in, or else those of the settings.
pub(crate) fn of(host: &Host) -> Arc<dyn Senders> {
    if let Some(senders) = host.resource::<Arc<dyn Senders>>() {
        return senders;
    }
    match ways::Ways::of(host) {
        Ok(ways) => Arc::new(ways),
        Err(error) => {
            tracing::error!(error, "nothing leaves but for the inboxes: the settings of mail or channels do not fit");
            Arc::new(Nothing)
        }
    }
}

/// No way out: the inbox alone.
struct Nothing;

#[async_trait]
impl Senders for Nothing {
    fn has(&self, _: Way) -> bool {
        false
    }

    async fn send(&self, _: &Message) -> Attempt {
        Err(NotSent { hope: Hope::Never, reason: "there is no way out for it".to_owned() })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = match self {
            Self::Mail(mail) => ("Mail", mail.id),
            Self::Push { id, .. } => ("Push", *id),
            Self::Sms { id, .. } => ("Sms", *id),
            Self::Room { id, .. } => ("Room", *id),
            Self::Hook { id, .. } => ("Hook", *id),
        };
        write!(f, "{kind}({id})")
    }
}
