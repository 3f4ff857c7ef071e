//! Settings that are one of a few words.

use std::borrow::Cow;

use super::{Invalid, Setting, not};

/// Declares an enum of words.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $variant:ident = $word:literal $(| $other:literal)* ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $( $(#[$doc])* $variant ),+ }

        impl Setting for $name {
            fn form() -> Cow<'static, str> {
                const WORDS: &[&str] = &[$($word),+];
                let words: Vec<String> = WORDS.iter().map(|word| format!("`{word}`")).collect();
                match &words[..] {
                    [first @ .., last] => format!("{} or {last}", first.join(", ")).into(),
                    [] => "".into(),
                }
            }

            fn parse(text: &str) -> Result<Self, Invalid> {
                match text.to_ascii_lowercase().as_str() {
                    $( $word $(| $other)* => Ok(Self::$variant), )+
                    _ => Err(not::<Self>(text)),
                }
            }
        }
    };
}

choice! {
    /// What the installation is for.
    Stage {
        /// Somebody tries or changes Banyan.
        Development = "development" | "dev" | "local",
        /// A program's tests.
        Test = "test",
        /// As production, for rehearsals.
        Staging = "staging",
        Production = "production" | "prod",
    }
}

choice! {
    /// How log lines are written.
    LogLines {
        /// JSON in production, else for people.
        Auto = "auto",
        Json = "json",
        Pretty = "pretty" | "text",
    }
}

choice! {
    /// Which requests have a line in the log.
    AccessLines { Slow = "slow", Every = "every" | "all" }
}

choice! {
    /// When browsers are told to come by TLS only.
    StrictTransport { WhenSecure = "when-secure", Always = "always", Never = "never" }
}

choice! {
    /// What a listener without TLS is for, where there is one with it.
    PlainUse { Serve = "serve", Redirect = "redirect" }
}

choice! {
    /// How the connection to the mail server is kept private.
    MailSecurity { Starttls = "starttls", Implicit = "implicit" | "tls", Opportunistic = "opportunistic", None = "none" }
}

choice! {
    /// In which language those who run the installation are told of troubles.
    AlertLanguage { English = "en" | "en-us", Indonesian = "id" | "id-id" }
}

impl Stage {
    /// Whether real people depend on it.
    pub(crate) fn is_serious(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

impl MailSecurity {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Implicit => "implicit",
            Self::Opportunistic => "opportunistic",
            Self::None => "none",
        }
    }
}
