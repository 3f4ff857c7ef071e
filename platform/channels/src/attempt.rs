//! What became of one attempt to deliver.

use std::fmt;
use std::time::Duration;

use crate::guard::AddressError;

/// One attempt: delivered, or refused with what to do next.
pub type Attempt = Result<Delivered, Refused>;

/// The next one took it. Whether a person has read it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How the provider calls the message, where it says so: at most 200 visible characters. For questions to the provider.
    pub reference: Option<String>,
}

impl Delivered {
    const LONGEST: usize = 200;

    pub fn nameless() -> Self {
        Self::default()
    }

    /// With the provider's name for the message; what is not visible ASCII is left out.
    pub fn as_(reference: &str) -> Self {
        let reference: String = reference.chars().filter(char::is_ascii_graphic).take(Self::LONGEST).collect();
        Self { reference: (!reference.is_empty()).then_some(reference) }
    }
}

/// The message did not arrive, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    pub hope: Hope,
    pub reason: Reason,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// The same message may arrive later. `retry_after` is the provider's wish, at most [`Hope::LONGEST_WAIT`].
    Temporary { retry_after: Option<Duration> },
    /// This message never will; others to the same address may.
    Permanent,
    /// The address takes nothing any more: do not use it again.
    Gone,
}

impl Hope {
    /// Who asks for more patience is asked again after this time: a day.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

    /// For the delivery log and for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Temporary { .. } => "temporary",
            Self::Permanent => "permanent",
            Self::Gone => "gone",
        }
    }
}

impl Refused {
    pub const fn for_now(reason: Reason) -> Self {
        Self { hope: Hope::Temporary { retry_after: None }, reason }
    }

    /// As [`Refused::for_now`], with the provider's wish.
    pub fn until(retry_after: Option<Duration>, reason: Reason) -> Self {
        Self { hope: Hope::Temporary { retry_after: retry_after.map(|wait| wait.min(Hope::LONGEST_WAIT)) }, reason }
    }

    pub const fn for_good(reason: Reason) -> Self {
        Self { hope: Hope::Permanent, reason }
    }

    pub const fn gone(reason: Reason) -> Self {
        Self { hope: Hope::Gone, reason }
    }

    /// The message itself cannot be sent.
    pub const fn message(field: &'static str, problem: MessageError) -> Self {
        Self::for_good(Reason::Message { field, problem })
    }

    pub const fn retry_after(&self) -> Option<Duration> {
        match self.hope {
            Hope::Temporary { retry_after } => retry_after,
            Hope::Permanent | Hope::Gone => None,
        }
    }

    pub const fn is_temporary(&self) -> bool {
        matches!(self.hope, Hope::Temporary { .. })
    }

    pub const fn is_gone(&self) -> bool {
        matches!(self.hope, Hope::Gone)
    }
}

/// Why. It may be stored and shown: no address, no text of an answer, nothing of the message, no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("{0}")]
    Address(#[from] AddressError),
    #[error("the name of the host could not be resolved")]
    Unresolved,
    #[error("no connection to the host")]
    Unreachable,
    #[error("no secure connection: the certificate or the protocol does not fit")]
    Tls,
    #[error("no answer in time")]
    Deadline,
    /// Also when the connection ended before the answer: it may have arrived.
    #[error("the connection ended, or what came was no answer")]
    Protocol,
    #[error("answered {status}, a redirect, which is not followed")]
    Redirect { status: u16 },
    #[error("answered {status}{}", Suffix(.code.as_ref()))]
    Status { status: u16, code: Option<ProviderWord> },
    #[error("the mail server answered {code}{} {step}", Suffix(.enhanced.as_ref()))]
    Smtp { step: SmtpStep, code: u16, enhanced: Option<ProviderWord> },
    #[error("the message cannot be sent: `{field}` {problem}")]
    Message { field: &'static str, problem: MessageError },
    /// What the installation's operator has to mend.
    #[error("the settings do not fit: {0}")]
    Settings(&'static str),
    /// Files of mails.
    #[error("the folder could not be written: {0}")]
    Folder(std::io::ErrorKind),
}

impl Reason {
    /// A word that stays the same, for the delivery log and for metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "address_refused",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Deadline => "deadline",
            Self::Protocol => "protocol",
            Self::Redirect { .. } => "redirect",
            Self::Status { .. } => "status",
            Self::Smtp { .. } => "smtp",
            Self::Message { .. } => "message",
            Self::Settings(_) => "settings",
            Self::Folder(_) => "folder",
        }
    }
}

/// What is wrong with a part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("is empty")]
    Empty,
    #[error("is longer than the channel takes")]
    TooLong,
    #[error("is not in the form that the channel asks for")]
    Malformed,
    #[error("has a style sheet, a script or something from elsewhere, which mail programs drop: write `style` attributes")]
    NotInlined,
}

/// Where in the conversation with a mail server (RFC 5321).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpStep {
    /// Greeting, `EHLO`, `STARTTLS`.
    Hello,
    LogIn,
    Sender,
    Recipient,
    Content,
}

impl fmt::Display for SmtpStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello => "to the greeting",
            Self::LogIn => "to the log-in",
            Self::Sender => "to the sender",
            Self::Recipient => "to the recipient",
            Self::Content => "to the content",
        })
    }
}

/// A provider's word for what is wrong, such as `UNREGISTERED` or `5.1.1`: 1 to 60 letters, digits, `_`, `.` and `-`. Longer or other text is
/// not taken, since nobody knows what it would quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderWord(String);

impl ProviderWord {
    const LONGEST: usize = 60;

    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        (fits && plain).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

struct Suffix<'a>(Option<&'a ProviderWord>);

impl fmt::Display for Suffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |word| write!(f, " {}", word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_for_people() {
        let status = Reason::Status { status: 404, code: ProviderWord::new("UNREGISTERED") };
        assert_eq!(status.to_string(), "answered 404 UNREGISTERED");
        let smtp = Reason::Smtp { step: SmtpStep::Recipient, code: 550, enhanced: ProviderWord::new("5.1.1") };
        assert_eq!(Refused::gone(smtp).to_string(), "the mail server answered 550 5.1.1 to the recipient");
        let message = Refused::message("subject", MessageError::Empty);
        assert_eq!(message.to_string(), "the message cannot be sent: `subject` is empty");
    }

    #[test]
    fn what_a_provider_writes_is_taken_only_as_a_word() {
        for bad in ["", "two words", "https://hooks.example/secret", "ann@example.com", &"x".repeat(61), "tok\u{e9}n", "a\nb"] {
            assert_eq!(ProviderWord::new(bad), None, "{bad}");
        }
        assert_eq!(Delivered::as_("id\r\n 7").reference.as_deref(), Some("id7"));
        assert_eq!(Delivered::as_(" \n").reference, None);
        assert_eq!(Delivered::as_(&"x".repeat(999)).reference.map(|id| id.len()), Some(200));
    }

    #[test]
    fn nobody_may_ask_for_patience_without_end() {
        let refused = Refused::until(Some(Duration::from_secs(u64::MAX)), Reason::Deadline);
        assert_eq!(refused.retry_after(), Some(Hope::LONGEST_WAIT));
        assert_eq!(Refused::gone(Reason::Deadline).retry_after(), None);
    }
}
