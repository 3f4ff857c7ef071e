//! Who is limited now, for those who run a tenant and for operators; and letting somebody go on before the time.

use async_trait::async_trait;
use banyan_contracts::limits::{LimitBook, LimitedPage, LimitedSubject, Sight, SubjectKind};
use banyan_kernel::{Timestamp, Uuid};

use super::cells::{CellKey, Scope, Seen};
use super::{Limiter, RateLimits};

impl CellKey {
    /// Under which all nodes count it: `rl:{tenant}:api:user:…`, of the models `ai:…`. The braces keep the cells of a tenant together
    /// on a cluster of Redis, so that one script may use two of them.
    pub(super) fn text(&self) -> String {
        let prefix = if &*self.class == "ai" { "ai" } else { "rl" };
        format!("{prefix}:{{{}}}:{}", self.tenant.simple(), self.id())
    }

    /// The cell inside its tenant: `api:user:…`.
    fn id(&self) -> String {
        let class = &self.class;
        match self.scope {
            Scope::Address(address) => format!("{class}:address:{address}"),
            Scope::User(id) => format!("{class}:user:{id}"),
            Scope::Key(id) => format!("{class}:key:{id}"),
            Scope::Tenant => format!("{class}:tenant:all"),
        }
    }

    fn parse(tenant: Uuid, id: &str) -> Option<Self> {
        let mut parts = id.splitn(3, ':');
        let (class, kind, subject) = (parts.next()?, parts.next()?, parts.next()?);
        let scope = match kind {
            "address" => Scope::of_address(subject.parse().ok()?),
            "user" => Scope::User(subject.parse().ok()?),
            "key" => Scope::Key(subject.parse().ok()?),
            "tenant" if subject == "all" => Scope::Tenant,
            _ => return None,
        };
        (!class.is_empty() && class.len() <= 64).then(|| Self { class: class.into(), tenant, scope })
    }

    fn is_seen_by(&self, sight: Sight) -> bool {
        match sight {
            Sight::Operators => true,
            Sight::Tenant(tenant) => self.tenant == tenant && !matches!(self.scope, Scope::Address(_)),
        }
    }
}

fn subject(key: &CellKey, seen: Seen, now: i64) -> Option<LimitedSubject> {
    if seen.quota.left(seen.empty_at, now) > 0 {
        return None;
    }
    let kind = match key.scope {
        Scope::Address(_) => SubjectKind::Address,
        Scope::User(_) => SubjectKind::User,
        Scope::Key(_) => SubjectKind::Key,
        Scope::Tenant => SubjectKind::Tenant,
    };
    let until = seen.empty_at + seen.quota.interval() - seen.quota.window();
    Some(LimitedSubject {
        id: key.id(),
        tenant: key.tenant,
        class: key.class.to_string(),
        kind,
        requests: seen.quota.requests(),
        window_seconds: seen.quota.window_seconds(),
        refused: seen.refusals,
        until: Timestamp::from_micros(until),
    })
}

#[async_trait]
impl LimitBook for Limiter {
    fn limited(&self, sight: Sight, skip: usize, take: usize) -> LimitedPage {
        if matches!(**self.0.limits.load(), RateLimits::Off) {
            return LimitedPage::default();
        }
        let now = self.now();
        let mut found = Vec::new();
        self.0.cells.each(|key, seen| {
            if key.is_seen_by(sight) {
                found.extend(subject(key, seen, now));
            }
        });
        found.sort_unstable_by(|one, other| other.refused.cmp(&one.refused).then_with(|| one.id.cmp(&other.id)));
        let total = found.len();
        LimitedPage { total, subjects: found.into_iter().skip(skip).take(take).collect() }
    }

    async fn lift(&self, sight: Sight, tenant: Uuid, id: &str) -> bool {
        let Some(key) = CellKey::parse(tenant, id).filter(|key| key.is_seen_by(sight)) else { return false };
        if let Some(shared) = &self.0.shared
            && let Err(error) = shared.counts.forget(&key.text()).await
        {
            tracing::warn!(%error, class = %key.class, "a limit was lifted on this node alone");
        }
        self.0.cells.forget(&key)
    }
}
