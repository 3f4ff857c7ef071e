//! How the value of a setting is written, and what is refused.

mod addresses;
mod brokers;
mod channels;
mod joins;
mod numbers;
mod words;

use std::borrow::Cow;
use std::path::PathBuf;

use banyan_kernel::Secret;

pub(crate) use addresses::{Domain, MaybeAddress, Origin, PostgresUrl, RedisUrl, WebAddress};
pub(crate) use brokers::{EventDelivery, EventQueue, NatsUrl, RabbitUrl};
pub(crate) use channels::{PushEnvironment, Room};
pub(crate) use joins::{Join, JoinPlace};
pub(crate) use numbers::{Bytes, Count, Millis, Span, parse_millis};
pub(crate) use words::{AccessLines, AlertLanguage, LogLines, MailSecurity, PlainUse, Stage, StrictTransport};

/// Why a text is not a value of the setting. The place and the key are added by whoever knows them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Invalid(pub(crate) String);

/// A type that settings have. All sources give text, so there is one way to read a value.
pub(crate) trait Setting: Sized {
    /// Never shown; may be given as the path of a file that holds it.
    const SECRET: bool = false;
    /// Several values: commas between them in a text, a list in the file.
    const LIST: bool = false;
    /// What may be written, for the reference and for messages: “an address such as 127.0.0.1:8080”.
    fn form() -> Cow<'static, str>;
    /// # Errors
    /// When `text` is not of that form.
    fn parse(text: &str) -> Result<Self, Invalid>;
    /// The text as it may be shown.
    fn shown(text: &str) -> String {
        if Self::SECRET && !text.is_empty() { "***".to_owned() } else { text.to_owned() }
    }
}

fn not<T: Setting>(text: &str) -> Invalid {
    let found = if T::SECRET { "the value".to_owned() } else { format!("`{}`", text.chars().take(80).collect::<String>()) };
    Invalid(format!("{found} is not {}", T::form()))
}

/// Nothing is written as an empty text.
impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn form() -> Cow<'static, str> {
        T::form()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn shown(text: &str) -> String {
        T::shown(text)
    }
}

impl<T: Setting> Setting for Vec<T> {
    const SECRET: bool = T::SECRET;
    const LIST: bool = true;

    fn form() -> Cow<'static, str> {
        format!("a list; each is {}", T::form()).into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(T::parse).collect()
    }

    fn shown(text: &str) -> String {
        if T::SECRET { text.split(',').map(|part| T::shown(part.trim())).collect::<Vec<_>>().join(",") } else { text.to_owned() }
    }
}

impl Setting for String {
    fn form() -> Cow<'static, str> {
        "text".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.contains(char::is_control) { Err(not::<Self>(text)) } else { Ok(text.to_owned()) }
    }
}

impl Setting for Secret<String> {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        "a secret text".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        Ok(Self::new(text.to_owned()))
    }
}

impl Setting for PathBuf {
    fn form() -> Cow<'static, str> {
        "a path".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.contains('\0') { Err(not::<Self>(text)) } else { Ok(Self::from(text)) }
    }
}

/// On or off.
impl Setting for bool {
    fn form() -> Cow<'static, str> {
        "`on` or `off`".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" => Ok(true),
            "off" | "false" | "no" | "0" => Ok(false),
            _ => Err(not::<Self>(text)),
        }
    }
}

/// A level, or directives such as `info,banyan_store=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLevel(pub(crate) String);

impl Setting for LogLevel {
    fn form() -> Cow<'static, str> {
        "`error`, `warn`, `info`, `debug`, `trace`, `off`, or directives such as `info,banyan_store=debug`".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let settings = banyan_telemetry::LogSettings { level: text.to_owned(), ..Default::default() };
        let clock = std::sync::Arc::new(banyan_kernel::SystemClock);
        match banyan_telemetry::logging::subscriber(&settings, clock, std::io::sink) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(not::<Self>(text)),
        }
    }
}

/// 32 bytes in hexadecimal digits or Base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyText(pub(crate) Secret<[u8; 32]>);

impl Setting for KeyText {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        "32 random bytes as 64 hexadecimal digits or as Base64".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        crate::data::key::decode(text).map(|bytes| Self(Secret::new(bytes))).ok_or_else(|| not::<Self>(text))
    }
}

/// A secret by which tokens are signed with HS256: at least as long as the digest (RFC 7518 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SigningSecret(pub(crate) Secret<String>);

impl Setting for SigningSecret {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        format!("a secret text of at least {} bytes", banyan_identity::tokens::SHORTEST_SECRET).into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let long_enough = text.len() >= banyan_identity::tokens::SHORTEST_SECRET;
        if long_enough { Ok(Self(Secret::new(text.to_owned()))) } else { Err(not::<Self>(text)) }
    }
}
