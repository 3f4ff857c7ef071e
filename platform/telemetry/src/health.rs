//! Named checks, asked with a deadline and remembered for a second, so that a crowd of probes costs one probe.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp};
use futures_util::future::join_all;
use parking_lot::RwLock;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::BuildInfo;

/// How long an answer is remembered, in seconds.
const REMEMBERED_SECONDS: i64 = 1;

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Up,
    /// Works, with less than all of it.
    Degraded,
    Down,
}

/// What a check found. The reason is for operators: it is shown on the admin listener and in logs, never to the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub state: State,
    pub reason: Option<String>,
}

impl Finding {
    pub fn up() -> Self {
        Self { state: State::Up, reason: None }
    }

    pub fn degraded(reason: impl Into<String>) -> Self {
        Self { state: State::Degraded, reason: Some(reason.into()) }
    }

    pub fn down(reason: impl Into<String>) -> Self {
        Self { state: State::Down, reason: Some(reason.into()) }
    }
}

/// Whether the process can do its work without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// While it is down the process takes no requests (`/readyz` answers 503).
    Required,
    /// While it is down the process is degraded.
    Optional,
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

struct Check {
    name: String,
    need: Need,
    deadline: Duration,
    ask: Box<dyn Fn() -> BoxFuture<Finding> + Send + Sync>,
    /// Held while asking: whoever comes meanwhile waits for that answer instead of asking again.
    last: Mutex<Option<(Timestamp, Finding)>>,
}

/// Where the process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not yet ready.
    Starting,
    Serving,
    /// Finishing what it has begun; takes nothing new.
    Draining,
}

/// All checks of the process. Cheap to clone.
#[derive(Clone)]
pub struct HealthRegistry(Arc<Inner>);

struct Inner {
    build: BuildInfo,
    clock: Arc<dyn Clock>,
    started: Timestamp,
    phase: AtomicU8,
    checks: RwLock<Vec<Arc<Check>>>,
}

/// The answer of `/health`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthReport {
    pub status: State,
    pub version: String,
    /// Whole seconds since the process started.
    pub uptime: i64,
    pub timestamp: Timestamp,
    pub services: BTreeMap<String, ServiceHealth>,
    /// The names of services that are not up.
    pub degraded: Vec<String>,
    #[serde(skip)]
    required_down: bool,
}

/// One line of [`HealthReport`].
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceHealth {
    pub status: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl HealthRegistry {
    /// Begins in [`Phase::Starting`].
    pub fn new(build: BuildInfo, clock: Arc<dyn Clock>) -> Self {
        let started = clock.now();
        let phase = AtomicU8::new(Phase::Starting as u8);
        Self(Arc::new(Inner { build, clock, started, phase, checks: RwLock::default() }))
    }

    /// Adds a check; one of the same name is replaced. An answer that takes longer than `deadline` counts as down.
    pub fn register<F, A>(&self, name: impl Into<String>, need: Need, deadline: Duration, ask: F)
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Finding> + Send + 'static,
    {
        let ask = Box::new(move || -> BoxFuture<Finding> { Box::pin(ask()) });
        let check = Arc::new(Check { name: name.into(), need, deadline, ask, last: Mutex::new(None) });
        let mut checks = self.0.checks.write();
        checks.retain(|known| known.name != check.name);
        checks.push(check);
    }

    pub fn phase(&self) -> Phase {
        match self.0.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Serving,
            _ => Phase::Draining,
        }
    }

    pub fn enter(&self, phase: Phase) {
        self.0.phase.store(phase as u8, Ordering::Release);
    }

    pub fn build(&self) -> &BuildInfo {
        &self.0.build
    }

    /// Asks every check, all at once.
    pub async fn report(&self) -> HealthReport {
        let checks = self.0.checks.read().clone();
        let findings = join_all(checks.iter().map(|check| check.finding(&self.0.clock))).await;
        let mut report = self.empty_report();
        for (check, finding) in checks.iter().zip(findings) {
            report.required_down |= check.need == Need::Required && finding.state == State::Down;
            report.add(&check.name, finding);
        }
        report
    }

    /// Whether new requests may come: serving, and nothing required is down.
    pub async fn is_ready(&self) -> bool {
        self.phase() == Phase::Serving && !self.report().await.required_down
    }

    fn empty_report(&self) -> HealthReport {
        let now = self.0.clock.now();
        HealthReport {
            status: State::Up,
            version: self.0.build.version.clone(),
            uptime: now.seconds_since(self.0.started),
            timestamp: now,
            services: BTreeMap::new(),
            degraded: Vec::new(),
            required_down: false,
        }
    }
}

impl HealthReport {
    /// Adds what is known of a service from elsewhere; the worse of two findings about one name counts.
    pub fn add(&mut self, name: &str, finding: Finding) {
        let new = ServiceHealth { status: finding.state, reason: finding.reason };
        let entry = self.services.entry(name.to_owned()).or_insert_with(|| new.clone());
        if new.status > entry.status {
            *entry = new;
        }
        self.degraded = self.names_not_up();
        let down =
            self.required_down || (!self.services.is_empty() && self.services.values().all(|one| one.status == State::Down));
        self.status = match (down, self.degraded.is_empty()) {
            (true, _) => State::Down,
            (false, false) => State::Degraded,
            (false, true) => State::Up,
        };
    }

    /// Without the reasons, which are for operators.
    #[must_use]
    pub fn without_reasons(mut self) -> Self {
        self.services.values_mut().for_each(|service| service.reason = None);
        self
    }

    fn names_not_up(&self) -> Vec<String> {
        let not_up = self.services.iter().filter(|(_, service)| service.status != State::Up);
        not_up.map(|(name, _)| name.clone()).collect()
    }
}

impl Check {
    async fn finding(&self, clock: &Arc<dyn Clock>) -> Finding {
        let mut last = self.last.lock().await;
        let now = clock.now();
        if let Some((at, finding)) = &*last
            && (0..REMEMBERED_SECONDS * Timestamp::MICROS_PER_SECOND).contains(&(now.micros() - at.micros()))
        {
            return finding.clone();
        }
        let finding = match tokio::time::timeout(self.deadline, (self.ask)()).await {
            Ok(finding) => finding,
            Err(_) => Finding::down(format!("no answer within {} ms", self.deadline.as_millis())),
        };
        let before = last.as_ref().map_or(State::Up, |(_, before)| before.state);
        if before != finding.state {
            let reason = finding.reason.as_deref().unwrap_or_default();
            tracing::warn!(check = self.name, state = ?finding.state, reason, "health changed");
        }
        *last = Some((clock.now(), finding.clone()));
        finding
    }
}

impl fmt::Debug for HealthRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRegistry").field("phase", &self.phase()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::TestClock;
    use std::sync::atomic::AtomicUsize;

    const SOON: Duration = Duration::from_secs(2);

    fn registry() -> (HealthRegistry, TestClock) {
        let clock = TestClock::at(Timestamp::from_seconds(100));
        (HealthRegistry::new(BuildInfo::new("1.2.3"), Arc::new(clock.clone())), clock)
    }

    #[tokio::test]
    async fn the_report_names_what_is_degraded() {
        let (health, clock) = registry();
        health.enter(Phase::Serving);
        health.register("store", Need::Required, SOON, || async { Finding::up() });
        health.register("mail", Need::Optional, SOON, || async { Finding::down("connection refused by 10.0.0.7") });
        clock.advance_seconds(61);
        let report = health.report().await;
        assert_eq!((report.status, report.uptime), (State::Degraded, 61));
        assert!(health.is_ready().await);
        let json = serde_json::to_value(report.clone().without_reasons()).unwrap();
        assert_eq!(json["services"]["mail"], serde_json::json!({"status": "down"}));
        assert_eq!(json["degraded"], serde_json::json!(["mail"]));
        assert_eq!(json["version"], "1.2.3");
        assert!(serde_json::to_string(&report).unwrap().contains("10.0.0.7"));
    }

    #[tokio::test]
    async fn readiness_needs_what_is_required_and_ends_with_draining() {
        let (health, clock) = registry();
        assert!(!health.is_ready().await, "still starting");
        health.enter(Phase::Serving);
        assert!(health.is_ready().await);
        health.register("store", Need::Required, SOON, || async { Finding::down("gone") });
        assert!(!health.is_ready().await);
        assert_eq!(health.report().await.status, State::Down);
        health.register("store", Need::Required, SOON, || async { Finding::degraded("slow") });
        clock.advance_seconds(2);
        assert!(health.is_ready().await);
        health.enter(Phase::Draining);
        assert!(!health.is_ready().await);
    }

    #[tokio::test]
    async fn a_check_that_hangs_is_down_and_holds_nothing_up() {
        let (health, _) = registry();
        health.register("hung", Need::Optional, Duration::from_millis(5), std::future::pending);
        health.register("fine", Need::Optional, SOON, || async { Finding::up() });
        let report = health.report().await;
        assert_eq!(report.services["hung"].status, State::Down);
        assert_eq!(report.services["fine"].status, State::Up);
    }

    #[tokio::test]
    async fn a_crowd_of_probes_asks_once_a_second() {
        let (health, clock) = registry();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        health.register("store", Need::Required, SOON, move || {
            counter.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::task::yield_now().await;
                Finding::up()
            }
        });
        join_all((0..50).map(|_| health.report())).await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        clock.advance_seconds(1);
        health.report().await;
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn two_findings_about_one_name_give_the_worse() {
        let (health, _) = registry();
        let mut report = health.empty_report();
        report.add("goals", Finding::degraded("slow"));
        report.add("goals", Finding::up());
        assert_eq!(report.status, State::Degraded);
        report.add("identity", Finding::up());
        report.add("goals", Finding::down("stopped"));
        assert_eq!(report.services["goals"].status, State::Down);
        assert_eq!(report.status, State::Degraded, "one of two services still works");
    }
}
