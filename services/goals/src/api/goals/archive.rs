//! `POST /api/v1/goals/{id}/archive`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Goal, change};
use crate::App;
use crate::entity::goal::Model;
use crate::store::owned::Sight;

/// Puts a goal away, reached or not. Restoring brings it back as it was.
#[utoipa::path(
    post,
    path = "/api/v1/goals/{id}/archive",
    operation_id = "archiveGoal",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal.")),
    responses((status = 200, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn archive_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Goal>, Problem> {
    let archive = |goal: &mut Model, tx: &Tx| {
        goal.archive(tx.now());
        Ok(())
    };
    change(&app, &caller, id, &preconditions, Sight::Living, archive).await
}
