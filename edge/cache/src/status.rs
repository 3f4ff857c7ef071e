//! The words of `Cache-Status` (RFC 9211).

use http::{HeaderValue, StatusCode};

/// The name by which this cache speaks.
const NAME: &str = "Banyan";

/// Why a request went to the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    /// Nothing of the address is stored.
    UriMiss,
    /// Other answers of the address are stored.
    VaryMiss,
    Stale,
    /// The client wanted no stored answer.
    Request,
    Method,
    /// Nothing that this address gives can be stored.
    Miss,
}

impl Forward {
    const fn word(self) -> &'static str {
        match self {
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::Request => "request",
            Self::Method => "method",
            Self::Miss => "miss",
        }
    }
}

/// Whether the answer is being stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Yes,
    No,
}

/// Who had fetched a stored answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Here,
    AnotherDoor,
}

/// From the store; the rest of its lifetime in seconds, negative for a stale one.
pub(crate) fn hit(lifetime: u64, age: u64, from: From) -> HeaderValue {
    let rest = i64::try_from(lifetime).unwrap_or(i64::MAX).saturating_sub(i64::try_from(age).unwrap_or(i64::MAX));
    let detail = if from == From::AnotherDoor { "; detail=\"shared\"" } else { "" };
    value(format!("{NAME}; hit; ttl={rest}{detail}"))
}

pub(crate) fn forwarded(why: Forward, stored: Stored) -> HeaderValue {
    let stored = if stored == Stored::Yes { "; stored" } else { "" };
    value(format!("{NAME}; fwd={}{stored}", why.word()))
}

/// The origin was asked again and said this.
pub(crate) fn revalidated(status: StatusCode, stored: Stored) -> HeaderValue {
    let stored = if stored == Stored::Yes { "; stored" } else { "" };
    value(format!("{NAME}; fwd=stale; fwd-status={}{stored}", status.as_u16()))
}

pub(crate) fn not_here() -> HeaderValue {
    value(format!("{NAME}; detail=\"only-if-cached\""))
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(NAME))
}
