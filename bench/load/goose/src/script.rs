//! `bench/load/scripts.json`: what is called, how often, and what must hold.

use anyhow::{Context as _, Result};
use goose::goose::GooseMethod;
use serde::Deserialize;
use serde_json::Value;

const PUBLISHED: &str = include_str!("../../scripts.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scripts {
    pub(crate) arrivals: Arrivals,
    pub(crate) stages: Stages,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Arrivals {
    pub(crate) seconds: u64,
    pub(crate) per_second: u64,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) most: Thresholds,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// Percent of those who arrive.
    pub(crate) weight: usize,
    pub(crate) calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Stages {
    pub(crate) steps: Vec<Step>,
    /// Between two rounds of the calls.
    pub(crate) pause_milliseconds: u64,
    pub(crate) calls: Vec<Call>,
    pub(crate) most: Thresholds,
}

/// How many there are at its end.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) users: usize,
    pub(crate) seconds: usize,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The status that the answer has today.
    pub(crate) status: u16,
    /// The status that it will have when its service is there. The script fails then, and is changed.
    #[serde(default, rename = "later")]
    _later: Option<u16>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Post,
}

impl From<Method> for GooseMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Thresholds {
    pub(crate) p95_milliseconds: usize,
    pub(crate) error_percent: f64,
}

impl Scripts {
    pub(crate) fn published() -> Result<Self> {
        serde_json::from_str(PUBLISHED).context("bench/load/scripts.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_scripts_are_as_they_were_published() {
        let scripts = Scripts::published().unwrap();
        let shares: Vec<_> = scripts.arrivals.scenarios.iter().map(|scenario| (&*scenario.name, scenario.weight)).collect();
        assert_eq!(shares, [("users", 30), ("ai", 20), ("content", 25), ("analytics", 25)]);
        assert_eq!((scripts.arrivals.seconds, scripts.arrivals.per_second), (300, 50));
        let steps: Vec<_> = scripts.stages.steps.iter().map(|step| step.users).collect();
        assert_eq!(steps, [100, 1000, 2000, 2000, 0]);
    }
}
