//! `demo/goals.toml` of an application.

use serde::Deserialize;

use crate::entity::task::{Priority, Status};
use crate::habit::Schedule;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Demo {
    #[serde(default)]
    pub(super) goals: Vec<DemoGoal>,
    #[serde(default)]
    pub(super) habits: Vec<DemoHabit>,
    #[serde(default)]
    pub(super) grants: Vec<DemoGrant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoGoal {
    pub(super) person: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) category: Option<String>,
    pub(super) target: Option<DemoTarget>,
    pub(super) due_in_days: Option<i64>,
    pub(super) started_days_ago: i64,
    #[serde(default)]
    pub(super) milestones: Vec<DemoMilestone>,
    #[serde(default)]
    pub(super) tasks: Vec<DemoTask>,
    #[serde(default)]
    pub(super) completed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoTarget {
    pub(super) value: f64,
    pub(super) unit: String,
    #[serde(default)]
    pub(super) current: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoMilestone {
    pub(super) title: String,
    #[serde(default)]
    pub(super) done: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoTask {
    pub(super) title: String,
    pub(super) status: Status,
    pub(super) priority: Priority,
    pub(super) due_in_days: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoHabit {
    pub(super) person: String,
    pub(super) title: String,
    pub(super) schedule: Schedule,
    pub(super) time_zone: String,
    pub(super) target: Option<DemoTarget>,
    pub(super) started_days_ago: i64,
    /// The days that were done; or, where it is left out, all days that were due but for `missed_days_ago`.
    pub(super) done_days_ago: Option<Vec<i64>>,
    #[serde(default)]
    pub(super) missed_days_ago: Vec<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoGrant {
    pub(super) owner: String,
    pub(super) grantee: String,
    pub(super) kinds: Vec<String>,
}
