//! How often somebody may try. The generic cell rate algorithm (GCRA, ITU-T I.371): one number for each key, the time at
//! which its bucket would be empty again, moved on by an atomic exchange; no lock, no window that resets for everybody at once.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use banyan_http::Problem;
use banyan_kernel::{Clock, ErrorCode, Timestamp, Uuid};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use quick_cache::sync::Cache;

/// How many keys are remembered, at about 100 bytes each. The least used go first.
const MOST_KEYS: u64 = 200_000;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: u32,
    window_seconds: u32,
}

impl Quota {
    /// None where either is zero.
    pub const fn new(requests: u32, window_seconds: u32) -> Option<Self> {
        if requests == 0 || window_seconds == 0 { None } else { Some(Self { requests, window_seconds }) }
    }

    const fn window(self) -> i64 {
        self.window_seconds as i64 * Timestamp::MICROS_PER_SECOND
    }

    /// The time that one request uses up, in microseconds.
    const fn interval(self) -> i64 {
        self.window() / self.requests as i64
    }
}

/// Which limits there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimits {
    /// `BANYAN_RATE_LIMITS=off`: for tests and measurements.
    Off,
    On {
        /// Attempts to sign in, to register or to reset a password, for each tenant and address. What `RATE_LIMIT_MAX` and
        /// `RATE_LIMIT_WINDOW` set. None: as the application's manifest says, else 5 in 15 minutes.
        auth: Option<Quota>,
    },
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::On { auth: None }
    }
}

/// 5 in 15 minutes.
const DEFAULT_AUTH: Quota = Quota { requests: 5, window_seconds: 900 };

/// The class of a limited route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Auth,
}

impl Class {
    /// The class that a route file names so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        (name == Self::Auth.name()).then_some(Self::Auth)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    class: Class,
    tenant: Uuid,
    address: IpAddr,
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    class: Class,
    quota: Quota,
    remaining: u32,
    /// When the quota is whole again, or when the next request may come where none is left.
    until: Timestamp,
    seconds: i64,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted,
    Refused,
}

/// Counts. One for all workers.
pub(crate) struct RateLimiter {
    limits: RateLimits,
    clock: Arc<dyn Clock>,
    cells: Cache<Key, Arc<AtomicI64>>,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits, clock: Arc<dyn Clock>) -> Self {
        // It begins small and grows; an estimate of its full size would be allocated at once.
        let cells = Cache::with_weighter(1_024, MOST_KEYS, quick_cache::UnitWeighter);
        Self { limits, clock, cells }
    }

    /// Counts one request, unless limits are off.
    pub(crate) fn count(&self, class: Class, tenant: Uuid, manifest: Option<Quota>, address: IpAddr) -> Option<Decision> {
        let RateLimits::On { auth } = self.limits else { return None };
        let quota = match class {
            Class::Auth => auth.or(manifest).unwrap_or(DEFAULT_AUTH),
        };
        let key = Key { class, tenant, address: neighbourhood(address) };
        let cell = self.cells.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()));
        let cell = match cell {
            Ok(cell) => cell,
            Err(never) => match never {},
        };
        Some(take(&cell, class, quota, self.clock.now()))
    }
}

/// One person has a whole /64 of IPv6 addresses, so that counts as one.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

fn take(cell: &AtomicI64, class: Class, quota: Quota, now: Timestamp) -> Decision {
    let now = now.micros();
    let moved = cell.fetch_update(Ordering::AcqRel, Ordering::Acquire, |empty_at| {
        let next = empty_at.max(now) + quota.interval();
        (next - now <= quota.window()).then_some(next)
    });
    let (verdict, until, remaining) = match moved {
        Ok(before) => {
            let next = before.max(now) + quota.interval();
            let left = (quota.window() - (next - now)) / quota.interval();
            (Verdict::Admitted, next, u32::try_from(left).unwrap_or(0))
        }
        Err(empty_at) => (Verdict::Refused, empty_at + quota.interval() - quota.window(), 0),
    };
    let seconds = (until - now).max(0).div_ceil_seconds();
    Decision { class, quota, remaining, until: Timestamp::from_micros(until), seconds, verdict }
}

trait Seconds {
    fn div_ceil_seconds(self) -> i64;
}

impl Seconds for i64 {
    /// Whole seconds, rounded up.
    fn div_ceil_seconds(self) -> i64 {
        (self + Timestamp::MICROS_PER_SECOND - 1) / Timestamp::MICROS_PER_SECOND
    }
}

impl Decision {
    /// # Errors
    /// 429 for a request too many, as the ledger words it.
    pub(crate) fn enforce(&self) -> Result<(), Problem> {
        if self.verdict == Verdict::Admitted {
            return Ok(());
        }
        let problem = Problem::new(ErrorCode::RateLimited)
            .extension("error", "Too many requests")
            .extension("retryAfter", self.until.to_string())
            .header(RETRY_AFTER, HeaderValue::from(self.seconds.max(1)));
        Err(problem)
    }

    /// Says in any answer how much is left (draft-ietf-httpapi-ratelimit-headers-10).
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let name = self.class.name();
        let policy = format!("\"{name}\";q={};w={}", self.quota.requests, self.quota.window_seconds);
        let state = format!("\"{name}\";r={};t={}", self.remaining, self.seconds);
        for (name, text) in [(&RATE_LIMIT_POLICY, policy), (&RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("limits", &self.limits).field("keys", &self.cells.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::TestClock;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn limiter(limits: RateLimits) -> (RateLimiter, TestClock) {
        let clock = TestClock::at(START);
        (RateLimiter::new(limits, Arc::new(clock.clone())), clock)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admitted(limiter: &RateLimiter, tenant: u128, from: &str) -> bool {
        let decision = limiter.count(Class::Auth, Uuid::from_u128(tenant), None, address(from)).unwrap();
        decision.verdict == Verdict::Admitted
    }

    #[test]
    fn five_and_then_one_each_three_minutes() {
        let (limiter, clock) = limiter(RateLimits::default());
        for _ in 0..5 {
            assert!(admitted(&limiter, 1, "9.9.9.9"));
        }
        assert!(!admitted(&limiter, 1, "9.9.9.9"));
        clock.advance_seconds(179);
        assert!(!admitted(&limiter, 1, "9.9.9.9"));
        clock.advance_seconds(1);
        assert!(admitted(&limiter, 1, "9.9.9.9"));
        assert!(!admitted(&limiter, 1, "9.9.9.9"));
        clock.advance_seconds(900);
        assert_eq!((0..9).filter(|_| admitted(&limiter, 1, "9.9.9.9")).count(), 5);
    }

    #[test]
    fn others_are_not_held_up_and_neighbours_in_a_64_are_one() {
        let (limiter, _) = limiter(RateLimits::On { auth: Quota::new(1, 60) });
        assert!(admitted(&limiter, 1, "9.9.9.9"));
        assert!(!admitted(&limiter, 1, "9.9.9.9"));
        assert!(admitted(&limiter, 2, "9.9.9.9"));
        assert!(admitted(&limiter, 1, "9.9.9.8"));
        assert!(admitted(&limiter, 1, "2001:db8::1"));
        assert!(!admitted(&limiter, 1, "2001:db8::2"));
        assert!(admitted(&limiter, 1, "2001:db8:0:1::1"));
    }

    #[test]
    fn many_at_once_are_counted_exactly() {
        let (limiter, _) = limiter(RateLimits::On { auth: Quota::new(50, 3_600) });
        let passed: usize = std::thread::scope(|threads| {
            let count = || (0..40).filter(|_| admitted(&limiter, 1, "9.9.9.9")).count();
            let threads: Vec<_> = (0..8).map(|_| threads.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 50);
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let (limiter, _) = limiter(RateLimits::On { auth: Quota::new(2, 60) });
        let count = || limiter.count(Class::Auth, Uuid::nil(), None, address("9.9.9.9")).unwrap();
        let mut headers = HeaderMap::new();
        count().tell(&mut headers);
        assert_eq!(headers["ratelimit"], "\"auth\";r=1;t=30");
        assert_eq!(headers["ratelimit-policy"], "\"auth\";q=2;w=60");
        count();
        let refused = count();
        refused.tell(&mut headers);
        assert_eq!(headers["ratelimit"], "\"auth\";r=0;t=30");
        assert_eq!(refused.until, START.plus_seconds(30));
        assert_eq!(refused.enforce().unwrap_err().code(), ErrorCode::RateLimited);
    }

    #[test]
    fn the_manifest_speaks_where_the_operator_does_not() {
        let (limiter, _) = limiter(RateLimits::default());
        let manifest = Quota::new(1, 60);
        let count = || limiter.count(Class::Auth, Uuid::nil(), manifest, address("9.9.9.9")).unwrap().verdict;
        assert_eq!((count(), count()), (Verdict::Admitted, Verdict::Refused));
        let off = RateLimiter::new(RateLimits::Off, Arc::new(TestClock::at(START)));
        assert_eq!(off.count(Class::Auth, Uuid::nil(), manifest, address("9.9.9.9")), None);
        assert_eq!(Quota::new(0, 5), None);
    }
}
