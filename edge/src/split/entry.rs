//! A split as it is declared.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Uuid;
use http::{HeaderName, HeaderValue, Method};

use super::compare::Comparison;
use crate::routes::rewrite::Rewrite;

/// `split = { … }` of a route. Routes whose splits have one name are one: their traffic is counted together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SplitEntry {
    pub(crate) name: Arc<str>,
    /// Another number begins a new run: what was found out before does not count.
    pub(crate) generation: u64,
    pub(crate) variants: Box<[VariantEntry]>,
    pub(crate) sticky: Sticky,
    pub(crate) shadow: Option<ShadowEntry>,
    pub(crate) roll_back: Option<RollBackEntry>,
    pub(crate) rescue: Rescue,
}

/// One other side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VariantEntry {
    pub(crate) name: Arc<str>,
    pub(crate) target: VariantTarget,
    /// None: as the route's own.
    pub(crate) rewrite: Option<Rewrite>,
    /// Of 10,000 requests.
    pub(crate) share: u32,
    pub(crate) users: Box<[Uuid]>,
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) cookie: Option<(Box<str>, Box<str>)>,
    pub(crate) flag: Option<FlagTest>,
}

/// A feature flag that is on for those who come to a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlagTest {
    pub(crate) key: Box<str>,
    /// And gives them this one of its variants.
    pub(crate) variant: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariantTarget {
    Service(Arc<str>),
    Upstream(Arc<str>),
}

impl VariantEntry {
    /// Who goes where, in one line.
    pub(crate) fn said(&self) -> String {
        let (kind, target) = match &self.target {
            VariantTarget::Service(name) => ("service", name),
            VariantTarget::Upstream(name) => ("upstream", name),
        };
        let all = [
            (!self.users.is_empty()).then(|| format!("{} users", self.users.len())),
            self.header.as_ref().map(|(name, _)| format!("the header {name}")),
            self.cookie.as_ref().map(|(name, _)| format!("the cookie {name}")),
            self.flag.as_ref().map(|flag| match &flag.variant {
                None => format!("the flag {}", flag.key),
                Some(variant) => format!("the flag {} with its variant {variant}", flag.key),
            }),
            (self.share > 0).then(|| format!("{} %", f64::from(self.share) / 100.0)),
        ];
        let by: Vec<String> = all.into_iter().flatten().collect();
        let by = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
        format!("{} ({kind} {target}) for {by}", self.name)
    }
}

/// What keeps somebody on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sticky {
    /// Each request is drawn anew.
    Request,
    /// The user, or the address of who is not signed in.
    #[default]
    User,
    Address,
    /// A signed cookie.
    Cookie,
}

/// Whether a safe request that a variant failed is answered by the baseline instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rescue {
    #[default]
    Safe,
    Off,
}

/// Copies of requests, whose answers are compared and thrown away.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShadowEntry {
    /// The variant's place in the list.
    pub(crate) to: usize,
    /// Of 10,000 requests.
    pub(crate) sample: u32,
    pub(crate) methods: Box<[Method]>,
    /// Larger bodies, either way, are not copied, in bytes.
    pub(crate) body: usize,
    pub(crate) deadline: Duration,
    pub(crate) concurrency: u32,
    /// Copies that wait or are under way; more are left out.
    pub(crate) queue: u32,
    pub(crate) comparison: Comparison,
}

/// When a variant is worse than the baseline. See `judge`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RollBackEntry {
    pub(crate) window: Duration,
    /// Requests of the variant in the window before anything is said of it.
    pub(crate) least: u32,
    /// By how much the share of failures may be higher, 0 to 1.
    pub(crate) error_rate: f64,
    /// By which factor the 95th percentile of latency may be higher.
    pub(crate) latency: f64,
    /// Differences of latency below it do not count.
    pub(crate) slack: Duration,
}

impl Default for RollBackEntry {
    fn default() -> Self {
        Self { window: Duration::from_secs(60), least: 20, error_rate: 0.02, latency: 1.5, slack: Duration::from_millis(50) }
    }
}
