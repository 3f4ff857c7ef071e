//! What became of a request, and how the answer says so.

use std::fmt::Write as _;
use std::sync::Arc;

use banyan_http::Problem;
use banyan_kernel::{ErrorCode, Timestamp};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::cells::{Taken, Verdict};
use super::quota::Quota;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Seconds after which somebody may ask again while nobody can count.
const UNCOUNTED_SECONDS: i64 = 5;

/// One quota of a request and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) reach: Reach,
    pub(crate) quota: Quota,
    pub(crate) taken: Taken,
}

/// Whose quota it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Own,
    /// All of the tenant together.
    Tenant,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) class: Arc<str>,
    pub(crate) outcome: Outcome,
    /// Microseconds.
    pub(crate) now: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Counted {
        own: Line,
        tenant: Option<Line>,
    },
    /// The nodes cannot count together, and the class does not let them count alone.
    Unknown,
}

impl Line {
    fn is_refused(&self) -> bool {
        self.taken.verdict == Verdict::Refused
    }

    /// When the quota is whole again, or when the next request may come where this one was refused. Microseconds.
    fn until(&self) -> i64 {
        match self.taken.verdict {
            Verdict::Admitted => self.taken.empty_at,
            Verdict::Refused => self.taken.empty_at + self.quota.interval() - self.quota.window(),
        }
    }

    fn seconds(&self, now: i64) -> i64 {
        let micros = (self.until() - now).max(0);
        (micros + Timestamp::MICROS_PER_SECOND - 1) / Timestamp::MICROS_PER_SECOND
    }

    fn left(&self, now: i64) -> u32 {
        match self.taken.verdict {
            Verdict::Admitted => self.quota.left(self.taken.empty_at, now),
            Verdict::Refused => 0,
        }
    }
}

impl Decision {
    pub(crate) fn is_refused(&self) -> bool {
        match &self.outcome {
            Outcome::Counted { own, tenant } => own.is_refused() || tenant.is_some_and(|line| line.is_refused()),
            Outcome::Unknown => true,
        }
    }

    /// # Errors
    /// 429 for a request too many, as the ledger words it; 503 where it cannot be counted and must be.
    pub(crate) fn enforce(&self) -> Result<(), Problem> {
        let Outcome::Counted { own, tenant } = &self.outcome else {
            let retry = HeaderValue::from(UNCOUNTED_SECONDS);
            return Err(Problem::new(ErrorCode::ServiceUnavailable).header(RETRY_AFTER, retry));
        };
        let refused = [Some(own), tenant.as_ref()].into_iter().flatten().filter(|line| line.is_refused());
        let Some(last) = refused.max_by_key(|line| line.until()) else { return Ok(()) };
        Err(Problem::new(ErrorCode::RateLimited)
            .extension("error", "Too many requests")
            .extension("retryAfter", Timestamp::from_micros(last.until()).to_string())
            .header(RETRY_AFTER, HeaderValue::from(last.seconds(self.now).max(1))))
    }

    /// Says in any answer how much is left (draft-ietf-httpapi-ratelimit-headers-10).
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Outcome::Counted { own, tenant } = &self.outcome else { return };
        let (mut policy, mut state) = (String::with_capacity(64), String::with_capacity(64));
        for line in [Some(own), tenant.as_ref()].into_iter().flatten() {
            let (comma, of) = match line.reach {
                Reach::Own => ("", ""),
                Reach::Tenant => (", ", "-tenant"),
            };
            let (class, quota) = (&self.class, line.quota);
            let (requests, window) = (quota.requests(), quota.window_seconds());
            let (left, seconds) = (line.left(self.now), line.seconds(self.now));
            let _infallible = write!(policy, "{comma}\"{class}{of}\";q={requests};w={window}");
            let _infallible = write!(state, "{comma}\"{class}{of}\";r={left};t={seconds}");
        }
        for (name, text) in [(&RATE_LIMIT_POLICY, policy), (&RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}
