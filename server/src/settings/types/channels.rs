//! Settings of what leaves for people and programs.

use std::borrow::Cow;

use banyan_channels::chat::ChatAddress;
use banyan_kernel::Secret;

use super::{Invalid, Setting, not};

/// Whom requests may go to beyond the open internet.
impl Setting for banyan_channels::AllowedHost {
    fn form() -> Cow<'static, str> {
        "a host such as hooks.internal or hooks.internal:8080".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| not::<Self>(text))
    }
}

impl Setting for banyan_channels::sns::TopicArn {
    fn form() -> Cow<'static, str> {
        "a topic such as arn:aws:sns:eu-west-1:123456789012:mails".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| not::<Self>(text))
    }
}

/// The address of a chat room, which is a secret: whoever has it may write there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room(pub(crate) Secret<String>);

impl Setting for Room {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        "the address of an incoming webhook, such as https://hooks.slack.com/services/…".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        ChatAddress::new(text).map(|_| Self(Secret::new(text.trim().to_owned()))).map_err(|_| not::<Self>(text))
    }
}

/// For which builds of an app Apple is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushEnvironment {
    Production,
    Sandbox,
}

impl PushEnvironment {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }
}

impl Setting for PushEnvironment {
    fn form() -> Cow<'static, str> {
        "`production` or `sandbox`".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        [Self::Production, Self::Sandbox].into_iter().find(|one| one.name() == text).ok_or_else(|| not::<Self>(text))
    }
}
