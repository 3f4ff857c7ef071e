//! What a route wishes of the cache.

use std::time::Duration;

use http::{HeaderName, StatusCode};

use crate::tags::Tag;

/// How answers of a route are cached. Plain data; the default stores only what an answer itself allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long an answer is fresh that says nothing about it. Never used for answers to a person, with cookies or with
    /// `Authorization`, which must say themselves that they may be shared.
    pub lifetimes: StatusLifetimes,
    /// Guessing freshness from `Last-Modified` (RFC 9111 §4.2.2).
    pub heuristic: Heuristic,
    /// For how long after its end an answer still serves while it is renewed (RFC 5861 §3), unless it says otherwise.
    pub stale_while_revalidate: Duration,
    /// For how long after its end an answer serves instead of an error (RFC 5861 §4), unless it says otherwise.
    pub stale_if_error: Duration,
    pub query: QueryRule,
    /// Fields of the request that are part of the key, whatever `Vary` says.
    pub headers: Vec<HeaderName>,
    /// Every answer of the route carries these, beside the tags that it names itself.
    pub tags: Vec<Tag>,
    /// A larger body is passed on and not stored, in bytes.
    pub largest_body: u64,
    /// How long a request waits for another one's answer before it goes by itself.
    pub wait: Duration,
    /// For how long it is remembered that an address gives nothing to store, so that nobody waits in vain.
    pub remember_refusal: Duration,
    pub client: ClientDirectives,
    pub cookies: CookieRule,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            lifetimes: StatusLifetimes::none(),
            heuristic: Heuristic::Off,
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            query: QueryRule::All,
            headers: Vec::new(),
            tags: Vec::new(),
            largest_body: 4 * 1024 * 1024,
            wait: Duration::from_secs(5),
            remember_refusal: Duration::from_secs(10),
            client: ClientDirectives::Honour,
            cookies: CookieRule::Careful,
        }
    }
}

impl Policy {
    /// The usual lifetimes for an answer that says nothing: 200 and 302 ten minutes, 404 one minute.
    pub fn usual() -> Self {
        Self { lifetimes: StatusLifetimes::usual(), ..Self::default() }
    }
}

/// Lifetimes by status, in whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLifetimes(Vec<(u16, u64)>);

impl StatusLifetimes {
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// 200 and 302 ten minutes, 404 one minute.
    pub fn usual() -> Self {
        Self::none()
            .with(StatusCode::OK, Duration::from_secs(600))
            .with(StatusCode::FOUND, Duration::from_secs(600))
            .with(StatusCode::NOT_FOUND, Duration::from_secs(60))
    }

    /// Sets or replaces the lifetime of one status.
    #[must_use]
    pub fn with(mut self, status: StatusCode, lifetime: Duration) -> Self {
        self.0.retain(|(known, _)| *known != status.as_u16());
        self.0.push((status.as_u16(), lifetime.as_secs()));
        self
    }

    pub(crate) fn of(&self, status: StatusCode) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == status.as_u16()).map(|(_, seconds)| *seconds)
    }
}

/// Whether freshness is guessed for answers that have a `Last-Modified` and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heuristic {
    Off,
    /// This part of the time since the last change, in hundredths, up to a limit.
    Share {
        percent: u8,
        at_most: Duration,
    },
}

/// Which part of the query belongs to the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryRule {
    All,
    /// Parameters by these names only.
    Only(Vec<String>),
    /// All but parameters by these names, such as those of campaigns.
    Without(Vec<String>),
    Ignored,
}

/// Whether clients may ask for fresher answers than the cache would give them (RFC 9111 §5.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientDirectives {
    Honour,
    /// `no-cache`, `no-store`, `max-age`, `min-fresh` and `max-stale` are passed over: nobody can reach the origin past the cache.
    Ignore,
}

/// What cookies say about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieRule {
    /// An answer that sets a cookie is not stored; an answer to a request with cookies only if it states its lifetime itself.
    Careful,
    /// As RFC 9111 has it: cookies mean nothing to a cache. For origins whose cookies name nobody.
    Ignore,
}
