//! One place where a service runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use axum::Router;
use banyan_kernel::Timestamp;

use crate::call::InstanceId;
use crate::cells::{Cells, Count};
use crate::health::breaker::Pass;
use crate::health::passive::{Failure, Passive};
use crate::latency::PeakLatency;
use crate::place::Place;
use crate::remote::Target;
use crate::report::{Checked, InstanceHealth, InstanceReport};
use crate::service::Inner;
use crate::upstream::Upstream;

/// How a request reaches an instance.
pub(crate) enum Transport {
    /// A router in this process: no socket, no copy.
    Local(Router),
    Remote(Box<Target>),
}

pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) transport: Transport,
    pub(crate) place: Place,
    weight: AtomicU32,
    stopped: AtomicBool,
    checked: AtomicU8,
    in_flight: AtomicU32,
    /// What the instance says of its own load, in 1/65536; [`NO_LOAD`] if it says nothing.
    reported_load: AtomicU32,
    pub(crate) passive: Passive,
    pub(crate) latency: PeakLatency,
    pub(crate) counts: Cells,
}

const NO_LOAD: u32 = u32::MAX;

impl Instance {
    pub(crate) fn new(id: &str, transport: Transport, place: Place, weight: u32) -> Self {
        Self {
            id: InstanceId::new(id),
            transport,
            place,
            weight: AtomicU32::new(weight.max(1)),
            stopped: AtomicBool::new(false),
            checked: AtomicU8::new(Checked::Unknown as u8),
            in_flight: AtomicU32::new(0),
            reported_load: AtomicU32::new(NO_LOAD),
            passive: Passive::default(),
            latency: PeakLatency::default(),
            counts: Cells::default(),
        }
    }

    /// Whether calls may go there, were it not full.
    pub(crate) fn is_well(&self, upstream: &Upstream, now: Timestamp) -> bool {
        !self.stopped.load(Ordering::Acquire)
            && self.checked.load(Ordering::Relaxed) != Checked::Unhealthy as u8
            && self.passive.ejected_for(&upstream.ejection, now).is_none()
    }

    /// Whether calls go there, and somebody answers them, as far as is known.
    pub(crate) fn answers(&self, upstream: &Upstream, now: Timestamp) -> bool {
        self.is_well(upstream, now) && !self.passive.is_silent(&upstream.ejection, now)
    }

    pub(crate) fn is_full(&self, upstream: &Upstream) -> bool {
        self.in_flight() >= upstream.concurrency.instance
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(crate) fn resume(&self) {
        self.stopped.store(false, Ordering::Release);
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn weight(&self) -> u32 {
        self.weight.load(Ordering::Relaxed)
    }

    pub(crate) fn weigh(&self, weight: u32) {
        self.weight.store(weight.max(1), Ordering::Relaxed);
    }

    /// Its weight, as far as its slow start allows.
    pub(crate) fn share(&self, upstream: &Upstream, now: Timestamp) -> f64 {
        f64::from(self.weight()) * self.passive.share(&upstream.slow_start, now)
    }

    /// 0 to 1: what it says itself, else its calls in flight as a part of what it may have.
    pub(crate) fn load(&self, upstream: &Upstream) -> f64 {
        match self.reported_load.load(Ordering::Relaxed) {
            NO_LOAD => (f64::from(self.in_flight()) / f64::from(upstream.concurrency.instance.max(1))).min(1.0),
            reported => f64::from(reported) / 65_536.0,
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1 becomes 0 to 65536")]
    pub(crate) fn report_load(&self, load: Option<f64>) {
        let reported = load.map_or(NO_LOAD, |load| (load.clamp(0.0, 1.0) * 65_536.0) as u32);
        self.reported_load.store(reported, Ordering::Relaxed);
    }

    /// What a check found. Returns whether that is news.
    pub(crate) fn check(&self, found: Checked, now: Timestamp) -> bool {
        let before = self.checked.swap(found as u8, Ordering::Relaxed);
        if before == Checked::Unhealthy as u8 && found == Checked::Healthy {
            self.passive.begin_slowly(now);
        }
        before != found as u8
    }

    /// Nobody checks any more, so what was found last must not stay for ever.
    pub(crate) fn forget_checks(&self) {
        self.checked.store(Checked::Unknown as u8, Ordering::Relaxed);
    }

    pub(crate) fn checked(&self) -> Checked {
        Checked::of(self.checked.load(Ordering::Relaxed))
    }

    pub(crate) fn is_local(&self) -> bool {
        matches!(self.transport, Transport::Local(_))
    }

    pub(crate) fn report(&self, upstream: &Upstream, now: Timestamp) -> InstanceReport {
        let ejected = self.passive.ejected_for(&upstream.ejection, now);
        InstanceReport {
            id: self.id.as_str().to_owned(),
            address: match &self.transport {
                Transport::Local(_) => "in-process".to_owned(),
                Transport::Remote(target) => target.address(),
            },
            health: if self.answers(upstream, now) { InstanceHealth::Up } else { InstanceHealth::Down },
            load: self.in_flight(),
            latency_ms: self.latency.micros(now).round() / 1_000.0,
            region: self.place.region.to_string(),
            data_centre: self.place.data_centre.to_string(),
            calls: self.counts.sum(Count::Calls),
            failures: self.counts.sum(Count::Failures),
            weight: self.weight(),
            share: (self.passive.share(&upstream.slow_start, now) * 100.0).round() / 100.0,
            checked: self.checked(),
            ejected_for_ms: ejected.map(|micros| (micros / 1_000).unsigned_abs()),
            ejections: self.passive.ejections(),
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One try of a call under way. Dropped without an outcome (the client went away), it counts neither as success nor as failure.
pub(crate) struct Running {
    service: Arc<Inner>,
    instance: Arc<Instance>,
    begun: Timestamp,
    pass: Option<Pass>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    /// With a status of 500 or more that says nothing about where it comes from.
    AnsweredError,
    /// With a status that says that this instance cannot answer now.
    AnsweredBadly,
    TooLate,
    NoAnswer,
    /// Nobody listens there.
    Unreachable,
}

impl Running {
    pub(crate) fn begin(service: &Arc<Inner>, instance: &Arc<Instance>, pass: Pass, begun: Timestamp) -> Self {
        instance.in_flight.fetch_add(1, Ordering::Relaxed);
        instance.counts.add(Count::Calls);
        Self { service: service.clone(), instance: instance.clone(), begun, pass: Some(pass) }
    }

    pub(crate) fn instance(&self) -> &Arc<Instance> {
        &self.instance
    }

    #[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^52 µs")]
    pub(crate) fn end(&mut self, upstream: &Upstream, outcome: Outcome) {
        let Some(pass) = self.pass.take() else { return };
        let now = self.service.now();
        // Who refuses connections is quick, and must not look good for it.
        if !matches!(outcome, Outcome::NoAnswer | Outcome::Unreachable) {
            self.instance.latency.record((now.micros() - self.begun.micros()).max(0) as f64, now);
        }
        if !matches!(outcome, Outcome::Answered) {
            self.instance.counts.add(Count::Failures);
        }
        match outcome {
            Outcome::Answered | Outcome::AnsweredError => self.service.succeeded(upstream, &self.instance, pass, now),
            Outcome::AnsweredBadly => self.service.failed(upstream, &self.instance, pass, Failure::Status, now),
            Outcome::TooLate | Outcome::NoAnswer => {
                self.service.failed(upstream, &self.instance, pass, Failure::NoAnswer, now);
            }
            Outcome::Unreachable => self.service.failed(upstream, &self.instance, pass, Failure::Unreachable, now),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.instance.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.service.left();
        if let Some(pass) = self.pass {
            self.service.breaker.abandoned(pass);
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("instance", &self.instance.id).finish_non_exhaustive()
    }
}
