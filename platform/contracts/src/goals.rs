//! Events of the goals service. They carry no titles or notes: those are the person's own.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// A person set a goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoalCreated {
    pub goal_id: Uuid,
    pub user_id: Uuid,
    /// `YYYY-MM-DD`, where one was set.
    pub target_date: Option<String>,
}

/// A goal was reached. It may be taken back and reached again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoalCompleted {
    pub goal_id: Uuid,
    pub user_id: Uuid,
}

/// A task was done. It may be taken back and done again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskCompleted {
    pub task_id: Uuid,
    pub user_id: Uuid,
    pub goal_id: Option<Uuid>,
}

/// A person took up a habit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HabitCreated {
    pub habit_id: Uuid,
    pub user_id: Uuid,
}

/// A habit was done on a day. Doing it again on the same day is not another event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HabitCheckedIn {
    pub habit_id: Uuid,
    pub user_id: Uuid,
    /// The day in the person's own calendar, `YYYY-MM-DD`.
    pub date: String,
    /// In the unit of the habit's target.
    pub amount: f64,
}

macro_rules! event {
    ($name:ident, $kind:literal, $subject:ident) => {
        impl Event for $name {
            const TYPE: &'static str = $kind;
            const VERSION: u32 = 1;

            fn subject(&self) -> String {
                self.$subject.to_string()
            }
        }
    };
}

event!(GoalCreated, "goals.goal.created", goal_id);
event!(GoalCompleted, "goals.goal.completed", goal_id);
event!(TaskCompleted, "goals.task.completed", task_id);
event!(HabitCreated, "goals.habit.created", habit_id);
event!(HabitCheckedIn, "goals.habit.checked-in", habit_id);
