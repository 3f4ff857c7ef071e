//! `PATCH /api/v1/goals/{id}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Goal, change};
use crate::App;
use crate::api::checks;
use crate::entity::goal::Model;
use crate::store::owned::Sight;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"currentValue": 6.5, "targetDate": null}))]
pub(crate) struct GoalChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 5000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    category: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1_000_000_000_000_f64)]
    target_value: Option<Option<f64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 30)]
    target_unit: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = f64, required = false, minimum = -1_000_000_000_000_f64, maximum = 1_000_000_000_000_f64)]
    current_value: Option<f64>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = Date)]
    target_date: Option<Option<String>>,
}

impl Validate for GoalChanges {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", self.description.as_ref().unwrap_or(&None)).length(0, 5000).any();
        check.line("category", self.category.as_ref().unwrap_or(&None)).not_blank().length(1, 50).any();
        check.range("targetValue", self.target_value.flatten(), checks::SMALLEST_TARGET, checks::GREATEST_VALUE);
        check.line("targetUnit", self.target_unit.as_ref().unwrap_or(&None)).not_blank().length(1, 30).any();
        check.range("currentValue", self.current_value, -checks::GREATEST_VALUE, checks::GREATEST_VALUE);
        checks::date(check, "targetDate", self.target_date.as_ref().and_then(Option::as_deref));
    }
}

impl GoalChanges {
    fn apply(&self, goal: &mut Model) {
        goal.title = self.title.clone().unwrap_or_else(|| std::mem::take(&mut goal.title));
        goal.description = self.description.clone().unwrap_or_else(|| goal.description.take());
        goal.category = self.category.clone().unwrap_or_else(|| goal.category.take());
        goal.target_value = self.target_value.unwrap_or(goal.target_value);
        goal.target_unit = self.target_unit.clone().unwrap_or_else(|| goal.target_unit.take());
        goal.current_value = self.current_value.unwrap_or(goal.current_value);
        goal.target_date = self.target_date.clone().unwrap_or_else(|| goal.target_date.take());
    }
}

/// Changes a goal of one's own. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/goals/{id}",
    operation_id = "updateGoal",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = GoalChanges,
    responses((status = 200, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn update_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<GoalChanges>,
) -> Result<Tagged<Goal>, Problem> {
    let apply = |goal: &mut Model, _: &banyan_store::Tx| {
        changes.apply(goal);
        Ok(())
    };
    change(&app, &caller, id, &preconditions, Sight::Living, apply).await
}
