//! How often somebody may ask.
//!
//! A route names a class; the class and who asks (an address, a person, an API key, and with them the whole tenant) choose the cells
//! in which the request counts, and the quotas ([`policy`]). Each cell is one atomic number ([`quota::Quota::next`]), shared by all
//! workers and exact ([`cells`]). Where several nodes count together, Redis holds the numbers ([`redis`]); what it says is remembered
//! in this node's cells, so that a node goes on from there when Redis is gone, and refuses a flood without asking.

mod book;
mod cells;
mod decision;
mod meters;
mod policy;
mod quota;
mod redis;
mod route;
mod shared;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use banyan_kernel::{Clock, Uuid};
use banyan_telemetry::Metrics;

pub use policy::{ClassRules, LimitPolicy, RateLimits, TenantRules, WhenApart};
pub use quota::{Quota, QuotaError};
pub use redis::{RedisError, RedisOptions};

pub(crate) use decision::Decision;
pub(crate) use route::{CountBy, RouteLimit, RouteLimits};

use crate::request::TenantEntry;
use cells::{CellKey, Cells, MOST_CELLS, Scope, Taken, Verdict};
use decision::{Line, Outcome, Reach};
use meters::{Meters, Outcome as Metered};
use policy::Person;
use redis::RedisCounts;
use shared::{Breaker, SharedAnswer, SharedCell, SharedCounts};

/// A refusal that all nodes agreed on counts here without asking again, so long; then a lifted limit is noticed. Microseconds.
const FRESH: i64 = 1_000_000;

/// In which failed credentials count, for each address.
const CREDENTIALS: &str = "credentials";

/// Counts requests. One for all workers; cheap to clone.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    limits: ArcSwap<RateLimits>,
    clock: Arc<dyn Clock>,
    cells: Cells,
    shared: Option<Shared>,
    meters: Meters,
}

struct Shared {
    counts: Box<dyn SharedCounts>,
    breaker: Breaker,
    /// What must be added to this node's time for the counter's. Microseconds.
    ahead: AtomicI64,
}

/// Who asks, as far as limits ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) tenant: &'a TenantEntry,
    pub(crate) address: IpAddr,
    /// Signed in, by whatever credential.
    pub(crate) user: Option<Uuid>,
    pub(crate) key: Option<Uuid>,
    /// The plan that the key has, or else its owner.
    pub(crate) plan: Option<&'a str>,
}

/// A cell and its quota.
struct Ask {
    key: CellKey,
    quota: Quota,
    reach: Reach,
}

impl Limiter {
    /// Counts on this node alone.
    pub fn new(limits: RateLimits, clock: Arc<dyn Clock>) -> Self {
        Self::with(limits, clock, None)
    }

    /// Counts together with all nodes that use the same Redis. It is connected to when it is first needed, and may be away.
    ///
    /// # Errors
    /// When the address cannot be one.
    pub fn shared(limits: RateLimits, clock: Arc<dyn Clock>, redis: &RedisOptions) -> Result<Self, RedisError> {
        Ok(Self::with(limits, clock, Some(Box::new(RedisCounts::new(redis)?))))
    }

    fn with(limits: RateLimits, clock: Arc<dyn Clock>, counts: Option<Box<dyn SharedCounts>>) -> Self {
        let shared = counts.map(|counts| Shared { counts, breaker: Breaker::default(), ahead: AtomicI64::new(0) });
        let limits = ArcSwap::from_pointee(limits);
        Self(Arc::new(Inner { limits, clock, cells: Cells::new(MOST_CELLS), shared, meters: Meters::default() }))
    }

    /// Takes effect with the next request; what was counted stays.
    pub fn change(&self, limits: RateLimits) {
        self.0.limits.store(Arc::new(limits));
    }

    /// Shows what was admitted and refused, by class.
    pub fn register(&self, metrics: &Metrics) {
        metrics.add_collector(self.0.meters.clone());
    }

    /// Counts one request, unless limits are off.
    pub(crate) async fn count(&self, limit: &RouteLimit, subject: &Subject<'_>) -> Option<Decision> {
        let limits = self.0.limits.load();
        let RateLimits::On(policy) = &**limits else { return None };
        let class = limit.class_for(policy, subject.tenant);
        let asks = asks(policy, &class, limit.by(), subject);
        let apart = policy.when_apart(&class, subject.tenant);
        drop(limits);
        let outcome = self.settle(&asks, apart).await;
        let decision = Decision { class, outcome, now: self.now() };
        let metered = if decision.is_refused() { Metered::Refused } else { Metered::Admitted };
        self.0.meters.count(&decision.class, metered);
        Some(decision)
    }

    /// Whether an address has sent so many bad credentials that another one is not even looked at.
    pub(crate) fn distrusts(&self, subject: &Subject<'_>) -> Option<Decision> {
        let (key, quota) = self.credentials_of(subject)?;
        let (now, empty_at) = (self.now(), self.0.cells.peek(&key));
        if quota.left(empty_at, now) > 0 {
            return None;
        }
        self.0.cells.note_refusal(&key);
        self.0.meters.count(CREDENTIALS, Metered::Refused);
        let taken = Taken { empty_at, verdict: Verdict::Refused };
        let own = Line { reach: Reach::Own, quota, taken };
        Some(Decision { class: key.class, outcome: Outcome::Counted { own, tenant: None }, now })
    }

    /// Notes a credential that was none. On this node only: it bounds what verifying costs.
    pub(crate) fn note_bad_credential(&self, subject: &Subject<'_>) {
        if let Some((key, quota)) = self.credentials_of(subject) {
            self.0.cells.take(&key, quota, self.now());
        }
    }

    fn credentials_of(&self, subject: &Subject<'_>) -> Option<(CellKey, Quota)> {
        let limits = self.0.limits.load();
        let RateLimits::On(policy) = &**limits else { return None };
        let quota = policy.own(CREDENTIALS, subject.tenant, None);
        let key = CellKey { class: CREDENTIALS.into(), tenant: Uuid::nil(), scope: Scope::of_address(subject.address) };
        Some((key, quota))
    }

    fn now(&self) -> i64 {
        self.0.clock.now().micros()
    }

    async fn settle(&self, asks: &[Ask], apart: WhenApart) -> Outcome {
        let Some(shared) = &self.0.shared else { return self.count_alone(asks) };
        let now = self.now();
        if let Some(refused) = self.refused_by_all(asks, now) {
            return refused;
        }
        if shared.breaker.lets_through(now) {
            let cells: Vec<SharedCell> = asks.iter().map(|ask| SharedCell { key: ask.key.text(), quota: ask.quota }).collect();
            match shared.counts.take(&cells).await {
                Ok(answer) if answer.empty_at.len() == asks.len() => {
                    if shared.breaker.succeeded() {
                        tracing::info!("limits are counted together with the other nodes again");
                    }
                    return self.learn(shared, asks, &answer);
                }
                Ok(_) => shared.breaker.failed(self.now()),
                Err(error) => {
                    let opens = shared.breaker.failed(self.now());
                    if opens {
                        tracing::warn!(%error, "limits are counted on this node alone until Redis is back");
                    }
                    opens
                }
            };
        }
        self.0.meters.count(&asks[0].key.class, Metered::Alone);
        match apart {
            WhenApart::CountAlone => self.count_alone(asks),
            WhenApart::Refuse => Outcome::Unknown,
        }
    }

    /// All cells or none.
    fn count_alone(&self, asks: &[Ask]) -> Outcome {
        let now = self.now();
        let lines: Vec<Line> = asks.iter().map(|ask| ask.line(self.0.cells.take(&ask.key, ask.quota, now))).collect();
        if lines.iter().any(|line| line.taken.verdict == Verdict::Refused) {
            for (ask, _) in asks.iter().zip(&lines).filter(|(_, line)| line.taken.verdict == Verdict::Admitted) {
                self.0.cells.give_back(&ask.key, ask.quota, now);
            }
        }
        counted(&lines)
    }

    /// Where all nodes together have refused a moment ago and nothing has leaked since, nobody needs to be asked.
    fn refused_by_all(&self, asks: &[Ask], now: i64) -> Option<Outcome> {
        let refused = asks.iter().find_map(|ask| {
            let empty_at = self.0.cells.known_of_all(&ask.key, now, FRESH)?;
            (ask.quota.left(empty_at, now) == 0).then(|| ask.line(Taken { empty_at, verdict: Verdict::Refused }))
        })?;
        let ask = asks.iter().find(|ask| ask.reach == refused.reach)?;
        self.0.cells.note_refusal(&ask.key);
        // The others have counted nothing.
        let lines: Vec<Line> = asks
            .iter()
            .map(|ask| match ask.reach == refused.reach {
                true => refused,
                false => ask.line(Taken { empty_at: self.0.cells.peek(&ask.key), verdict: Verdict::Admitted }),
            })
            .collect();
        Some(counted(&lines))
    }

    fn learn(&self, shared: &Shared, asks: &[Ask], answer: &SharedAnswer) -> Outcome {
        let now = self.now();
        let ahead = answer.now - now;
        shared.ahead.store(ahead, Ordering::Relaxed);
        let lines: Vec<Line> = asks
            .iter()
            .zip(&answer.empty_at)
            .map(|(ask, empty_at)| {
                let empty_at = empty_at - ahead;
                let full = answer.verdict == Verdict::Refused && ask.quota.left(empty_at, now) == 0;
                let taken = Taken { empty_at, verdict: if full { Verdict::Refused } else { Verdict::Admitted } };
                self.0.cells.learn(&ask.key, ask.quota, taken, now);
                ask.line(taken)
            })
            .collect();
        counted(&lines)
    }
}

impl Ask {
    fn line(&self, taken: Taken) -> Line {
        Line { reach: self.reach, quota: self.quota, taken }
    }
}

fn counted(lines: &[Line]) -> Outcome {
    match lines {
        [own, rest @ ..] => Outcome::Counted { own: *own, tenant: rest.first().copied() },
        [] => Outcome::Unknown,
    }
}

/// The cells of a request: its own, and its tenant's where that has a limit.
fn asks(policy: &LimitPolicy, class: &Arc<str>, by: CountBy, subject: &Subject<'_>) -> Vec<Ask> {
    let tenant = subject.tenant;
    let person = subject.user.filter(|_| by == CountBy::Caller).map(|_| Person { plan: subject.plan });
    let scope = match (subject.user, subject.key, subject.plan) {
        (Some(_), Some(key), Some(_)) if by == CountBy::Caller => Scope::Key(key),
        // A key without a plan of its own counts with its owner, so that more keys are not more requests.
        (Some(user), _, _) if by == CountBy::Caller => Scope::User(user),
        _ => Scope::of_address(subject.address),
    };
    let key = |scope| CellKey { class: class.clone(), tenant: tenant.tenant.id, scope };
    let own = Ask { key: key(scope), quota: policy.own(class, tenant, person.as_ref()), reach: Reach::Own };
    let all = policy.together(class, tenant).map(|quota| Ask { key: key(Scope::Tenant), quota, reach: Reach::Tenant });
    [Some(own), all].into_iter().flatten().collect()
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.0.shared.is_some();
        f.debug_struct("Limiter").field("cells", &self.0.cells.len()).field("shared", &shared).finish_non_exhaustive()
    }
}
