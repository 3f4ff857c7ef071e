//! `PATCH /api/v1/habits/{id}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Habit, change, check_schedule, check_time_zone};
use crate::App;
use crate::api::checks;
use crate::entity::habit::{Model, StoredSchedule};
use crate::habit::{Schedule, time_zone};
use crate::store::owned::Sight;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"schedule": {"type": "weekdays", "days": ["tuesday", "saturday"]}}))]
pub(crate) struct HabitChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 5000)]
    description: Option<Option<String>>,
    /// The whole course is counted anew by it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Schedule, required = false)]
    schedule: Option<Schedule>,
    /// An IANA name, for a person who moved. Days that were recorded keep their dates.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false)]
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = f64, required = false, minimum = 0.001, maximum = 1_000_000_000_000_f64)]
    target_value: Option<f64>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 30)]
    target_unit: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, format = Date)]
    start_date: Option<String>,
}

impl Validate for HabitChanges {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", self.description.as_ref().unwrap_or(&None)).length(0, 5000).any();
        if let Some(schedule) = &self.schedule {
            check_schedule(check, schedule);
        }
        check_time_zone(check, self.time_zone.as_deref());
        check.range("targetValue", self.target_value, checks::SMALLEST_TARGET, checks::GREATEST_VALUE);
        check.line("targetUnit", self.target_unit.as_ref().unwrap_or(&None)).not_blank().length(1, 30).any();
        checks::date(check, "startDate", self.start_date.as_deref());
    }
}

impl HabitChanges {
    fn apply(&self, habit: &mut Model) {
        habit.title = self.title.clone().unwrap_or_else(|| std::mem::take(&mut habit.title));
        habit.description = self.description.clone().unwrap_or_else(|| habit.description.take());
        habit.target_value = self.target_value.unwrap_or(habit.target_value);
        habit.target_unit = self.target_unit.clone().unwrap_or_else(|| habit.target_unit.take());
        if let Some(schedule) = &self.schedule {
            habit.schedule = StoredSchedule(schedule.clone());
        }
        if let Some(name) = self.time_zone.as_deref().and_then(time_zone).as_ref().and_then(|zone| zone.iana_name()) {
            name.clone_into(&mut habit.time_zone);
        }
        if let Some(date) = &self.start_date {
            habit.start_date.clone_from(date);
        }
    }
}

/// Changes a habit of one's own. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/habits/{id}",
    operation_id = "updateHabit",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = HabitChanges,
    responses((status = 200, description = "The habit as it is now.", body = Habit))
)]
pub(crate) async fn update_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<HabitChanges>,
) -> Result<Tagged<Habit>, Problem> {
    let apply = |habit: &mut Model, _: &Tx| changes.apply(habit);
    change(&app, &caller, id, &preconditions, Sight::Living, apply).await
}
