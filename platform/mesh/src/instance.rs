//! One place where a service runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::{Clock, Timestamp};
use tower::Service;

use crate::latency::PeakLatency;
use crate::report::{InstanceHealth, InstanceReport};

/// How a request reaches an instance.
#[derive(Clone)]
#[non_exhaustive]
pub enum Transport {
    /// A router in this process: no socket, no copy.
    Local(Router),
}

/// Where an instance listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    InProcess,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess => f.write_str("in-process"),
        }
    }
}

/// Where on earth something runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub region: Arc<str>,
    pub data_centre: Arc<str>,
}

impl Place {
    pub fn new(region: &str, data_centre: &str) -> Self {
        Self { region: region.into(), data_centre: data_centre.into() }
    }
}

impl Default for Place {
    /// One machine that nobody has named.
    fn default() -> Self {
        Self::new("local", "local")
    }
}

pub(crate) struct Instance {
    id: String,
    transport: Transport,
    place: Place,
    up: AtomicBool,
    in_flight: AtomicU32,
    calls: AtomicU64,
    failures: AtomicU64,
    latency: PeakLatency,
}

impl Instance {
    pub(crate) fn new(id: String, transport: Transport, place: Place) -> Self {
        Self {
            id,
            transport,
            place,
            up: AtomicBool::new(true),
            in_flight: AtomicU32::new(0),
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            latency: PeakLatency::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    pub(crate) fn stop(&self) {
        self.up.store(false, Ordering::Release);
    }

    pub(crate) fn resume(&self) {
        self.up.store(true, Ordering::Release);
    }

    /// What a further call would cost here: latency × (calls in flight + 1).
    pub(crate) fn cost(&self, now: Timestamp) -> f64 {
        // Without a sample yet, calls in flight decide alone.
        self.latency.micros(now).max(1.0) * (f64::from(self.in_flight.load(Ordering::Relaxed)) + 1.0)
    }

    pub(crate) async fn send(&self, request: Request) -> Response {
        match &self.transport {
            Transport::Local(router) => match router.clone().call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
        }
    }

    pub(crate) fn address(&self) -> Address {
        match self.transport {
            Transport::Local(_) => Address::InProcess,
        }
    }

    pub(crate) fn report(&self, now: Timestamp) -> InstanceReport {
        InstanceReport {
            id: self.id.clone(),
            address: self.address().to_string(),
            health: if self.is_up() { InstanceHealth::Up } else { InstanceHealth::Down },
            load: self.in_flight.load(Ordering::Relaxed),
            latency_ms: (self.latency.micros(now)).round() / 1_000.0,
            region: self.place.region.to_string(),
            data_centre: self.place.data_centre.to_string(),
            calls: self.calls.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}

/// One call under way. Dropped without an outcome (the client went away), it counts neither as success nor as failure.
pub(crate) struct Running<'c> {
    instance: Arc<Instance>,
    clock: &'c dyn Clock,
    begun: Timestamp,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Failed,
}

impl<'c> Running<'c> {
    pub(crate) fn begin(instance: Arc<Instance>, clock: &'c dyn Clock) -> Self {
        instance.in_flight.fetch_add(1, Ordering::Relaxed);
        instance.calls.fetch_add(1, Ordering::Relaxed);
        Self { instance, begun: clock.now(), clock }
    }

    pub(crate) fn instance(&self) -> &Instance {
        &self.instance
    }

    #[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^52 µs")]
    pub(crate) fn end(self, outcome: Outcome) {
        let now = self.clock.now();
        self.instance.latency.record((now.micros() - self.begun.micros()).max(0) as f64, now);
        if outcome == Outcome::Failed {
            self.instance.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.instance.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
