//! Chat rooms of a team: incoming webhooks of Slack and Discord.

mod discord;
mod slack;

use std::fmt;

use banyan_kernel::Secret;
use serde::{Deserialize, Deserializer, de};
use url::Url;

pub use discord::Discord;
pub use slack::Slack;

use crate::attempt::{MessageError, Refused};

/// The longest title and text, in characters: what both take.
const LONGEST_TITLE: usize = 150;
const LONGEST_TEXT: usize = 2_900;

/// The address of a room. Whoever knows it may write there, so it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatAddress(Secret<Url>);

/// The text is no address of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of an incoming webhook, such as `https://hooks.slack.com/services/…`")]
pub struct ChatAddressError;

impl ChatAddress {
    /// # Errors
    /// When the text is no absolute address.
    pub fn new(text: &str) -> Result<Self, ChatAddressError> {
        let url: Url = text.trim().parse().map_err(|_| ChatAddressError)?;
        if url.has_host() && matches!(url.scheme(), "https" | "http") {
            Ok(Self(Secret::new(url)))
        } else {
            Err(ChatAddressError)
        }
    }

    fn url(&self) -> Url {
        self.0.expose().clone()
    }
}

impl fmt::Debug for ChatAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatAddress(***)")
    }
}

impl<'de> Deserialize<'de> for ChatAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What was written is not repeated: it may be the secret.
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A few lines for a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// 1 to 150 characters.
    pub title: String,
    /// Up to 2900 characters, as they are: nothing in them is markup or calls anybody.
    pub text: String,
    /// Where the title leads.
    pub link: Option<Url>,
    pub tone: Tone,
}

/// What the message is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warning,
    Bad,
}

impl ChatMessage {
    fn check(&self) -> Result<(), Refused> {
        if self.title.trim().is_empty() {
            return Err(Refused::message("title", MessageError::Empty));
        }
        if self.title.chars().count() > LONGEST_TITLE {
            return Err(Refused::message("title", MessageError::TooLong));
        }
        if self.text.chars().count() > LONGEST_TEXT {
            return Err(Refused::message("text", MessageError::TooLong));
        }
        Ok(())
    }
}
