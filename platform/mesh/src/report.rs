//! What `/services` shows and telemetry counts.

use serde::Serialize;

/// A service and its instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceReport {
    pub name: String,
    /// The best of its instances.
    pub health: InstanceHealth,
    pub instances: Vec<InstanceReport>,
    /// The name of the algorithm, such as `peak-ewma`.
    pub balance: &'static str,
    pub breaker: BreakerState,
    /// Calls in flight to all instances.
    pub load: u32,
    /// Further tries since the start.
    pub retries: u64,
    /// Second tries beside a slow one since the start.
    pub hedges: u64,
    /// Calls that were refused because too many were in flight, since the start.
    pub shed: u64,
    /// Further tries that the budget allows now.
    pub retry_budget: f64,
}

/// Whether calls go there and are answered: the last call to one that is down found nobody, or it is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceHealth {
    Up,
    Down,
}

/// What active checks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Checked {
    /// There are none, or none has come to a result; calls go there.
    Unknown,
    Healthy,
    Unhealthy,
}

impl Checked {
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            1 => Self::Healthy,
            2 => Self::Unhealthy,
            _ => Self::Unknown,
        }
    }
}

/// The circuit breaker of an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    Closed,
    /// Nobody is called.
    Open,
    /// A few calls try.
    HalfOpen,
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceReport {
    /// `<service>-<number>` for a router of this process, else its address or the name that it registered; unique in the service.
    pub id: String,
    /// `in-process` for a router of this process.
    pub address: String,
    pub health: InstanceHealth,
    /// Calls in flight.
    pub load: u32,
    /// Peak EWMA with a decay of 10 s, in milliseconds.
    pub latency_ms: f64,
    pub region: String,
    pub data_centre: String,
    /// Calls since the start.
    pub calls: u64,
    /// Calls since the start that were answered with a status of 500 or more, or not in time.
    pub failures: u64,
    pub weight: u32,
    /// Which part of its weight it gets while it starts slowly, up to 1.
    pub share: f64,
    pub checked: Checked,
    /// How long it gets no calls after too many failures, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ejected_for_ms: Option<u64>,
    /// Ejections that are not forgiven yet.
    pub ejections: u32,
}
