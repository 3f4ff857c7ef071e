//! `DELETE /api/v1/goals/{id}/milestones/{milestoneId}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Goal, change};
use crate::App;
use crate::entity::goal::Model;
use crate::error::GoalsError;
use crate::store::owned::Sight;

/// Takes a milestone off a goal of one's own.
#[utoipa::path(
    delete,
    path = "/api/v1/goals/{id}/milestones/{milestoneId}",
    operation_id = "deleteMilestone",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal."), ("milestoneId" = Uuid, Path, description = "The milestone.")),
    responses((status = 200, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn delete_milestone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path((id, milestone_id)): Path<(Uuid, Uuid)>,
) -> Result<Tagged<Goal>, Problem> {
    let remove = |goal: &mut Model, _: &Tx| {
        let count = goal.milestones.0.len();
        goal.milestones.0.retain(|milestone| milestone.id != milestone_id);
        if goal.milestones.0.len() == count { Err(GoalsError::Hidden) } else { Ok(()) }
    };
    change(&app, &caller, id, &preconditions, Sight::Living, remove).await
}
