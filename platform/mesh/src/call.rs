//! One call: what it asks for, and what it got.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;

use crate::body::AnswerBody;
use crate::deadline::Deadline;
use crate::upstream::Repeatable;

/// How one request is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// When the head of the answer is no longer of use. Once it is there, its body is bounded by pauses only
    /// ([`crate::Timeouts::body_idle`]).
    pub deadline: Deadline,
    /// For consistent hash and sticky; see [`key_of`]. Without one, such a call goes to any instance.
    pub key: Option<u64>,
    pub tries: Tries,
    /// Instead of what the upstream has.
    pub repeatable: Option<Repeatable>,
    pub upgrade: Upgrade,
}

impl Call {
    pub fn within(time: Duration) -> Self {
        Self::until(Deadline::after(time))
    }

    pub const fn until(deadline: Deadline) -> Self {
        Self { deadline, key: None, tries: Tries::AsUpstream, repeatable: None, upgrade: Upgrade::Refused }
    }

    #[must_use]
    pub const fn keyed(mut self, key: u64) -> Self {
        self.key = Some(key);
        self
    }

    #[must_use]
    pub const fn tried(mut self, tries: Tries) -> Self {
        self.tries = tries;
        self
    }
}

/// How often a call is tried, the first time included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tries {
    #[default]
    AsUpstream,
    Once,
    /// At most so often; the upstream's own limit holds, too.
    UpTo(u32),
}

impl Tries {
    pub(crate) fn of(self, most: u32) -> u32 {
        match self {
            Self::AsUpstream => most,
            Self::Once => 1,
            Self::UpTo(tries) => tries.clamp(1, most.max(1)),
        }
    }
}

/// Whether the connection may become something else (RFC 9110 §7.8), such as a WebSocket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upgrade {
    /// `Upgrade` is taken out of the request; an answer 101 is an error.
    #[default]
    Refused,
    /// `Upgrade` and `Connection: upgrade` go to the upstream. A 101 answer has `hyper::upgrade::OnUpgrade` in its extensions.
    Passed,
}

/// Names an instance: `<service>-<number>` or the address, unique in its service.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InstanceId {
    pub(crate) text: Arc<str>,
    pub(crate) key: u64,
}

impl InstanceId {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), key: key_of(text.as_bytes()) }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A number that stands for it in every process: [`Call::key`] with it makes [`crate::Balance::Sticky`] choose this instance.
    pub const fn key(&self) -> u64 {
        self.key
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An answer and where it came from.
#[derive(Debug)]
pub struct Answer {
    pub response: http::Response<AnswerBody>,
    pub instance: InstanceId,
    /// How often the request was sent, the last time included.
    pub tries: u32,
}

impl Answer {
    /// For who needs no more than the response.
    pub fn into_response(self) -> Response {
        self.response.map(Into::into)
    }
}

/// The number of a key for consistent hash and sticky, the same in every process and version: FNV-1a, finished by the mix of
/// SplitMix64 so that keys that differ in their last letter lie far apart. No defence against keys that are chosen to collide: those
/// would only find the same instance.
pub fn key_of(bytes: &[u8]) -> u64 {
    let hash =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    mix(hash)
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
