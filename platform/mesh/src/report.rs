//! What `/services` shows.

use serde::Serialize;

/// A service and its instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceReport {
    pub name: String,
    /// The best of its instances.
    pub health: InstanceHealth,
    pub instances: Vec<InstanceReport>,
}

/// Whether calls go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceHealth {
    Up,
    Down,
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceReport {
    /// `<service>-<number>`, unique in this process.
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
}
