//! `PATCH /api/v1/goals/{id}/milestones/{milestoneId}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Goal, change};
use crate::App;
use crate::api::checks;
use crate::entity::goal::{Milestone, Model};
use crate::error::GoalsError;
use crate::store::owned::Sight;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"completed": true}))]
pub(crate) struct MilestoneChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = Date)]
    target_date: Option<Option<String>>,
    /// Reached, or not after all.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    completed: Option<bool>,
}

impl Validate for MilestoneChanges {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        checks::date(check, "targetDate", self.target_date.as_ref().and_then(Option::as_deref));
    }
}

impl MilestoneChanges {
    fn apply(&self, milestone: &mut Milestone, tx: &Tx) {
        if let Some(title) = &self.title {
            milestone.title.clone_from(title);
        }
        if let Some(date) = &self.target_date {
            milestone.target_date.clone_from(date);
        }
        match self.completed {
            Some(true) => {
                milestone.completed_at.get_or_insert(tx.now());
            }
            Some(false) => milestone.completed_at = None,
            None => {}
        }
    }
}

/// Changes a milestone of a goal of one's own.
#[utoipa::path(
    patch,
    path = "/api/v1/goals/{id}/milestones/{milestoneId}",
    operation_id = "updateMilestone",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal."), ("milestoneId" = Uuid, Path, description = "The milestone.")),
    request_body = MilestoneChanges,
    responses((status = 200, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn update_milestone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path((id, milestone_id)): Path<(Uuid, Uuid)>,
    Body(changes): Body<MilestoneChanges>,
) -> Result<Tagged<Goal>, Problem> {
    let apply = |goal: &mut Model, tx: &Tx| {
        let found = goal.milestones.0.iter_mut().find(|milestone| milestone.id == milestone_id);
        changes.apply(found.ok_or(GoalsError::Hidden)?, tx);
        Ok(())
    };
    change(&app, &caller, id, &preconditions, Sight::Living, apply).await
}
