//! `POST /api/v1/goals/{id}/restore`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Goal, change};
use crate::App;
use crate::entity::goal::Model;
use crate::store::owned::Sight;

/// Takes back the last of deletion (for 30 days), archiving and completion. An active goal stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/goals/{id}/restore",
    operation_id = "restoreGoal",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal.")),
    responses((status = 200, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn restore_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Goal>, Problem> {
    let restore = |goal: &mut Model, _: &Tx| {
        goal.restore();
        Ok(())
    };
    change(&app, &caller, id, &preconditions, Sight::Restorable, restore).await
}
