//! `POST /api/v1/goals/{id}/complete`

use axum::extract::State;
use banyan_contracts::goals::GoalCompleted;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Goal;
use crate::App;
use crate::api::tag;
use crate::entity::goal::Entity;
use crate::store::owned::{self, Sight};

/// The goal is reached. Saying so twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/goals/{id}/complete",
    operation_id = "completeGoal",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal.")),
    responses(
        (status = 200, description = "The goal as it is now.", body = Goal),
        (status = 409, description = "It lies in the archive: restore it first.")
    )
)]
pub(crate) async fn complete_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Goal>, Problem> {
    let preconditions = &preconditions;
    let rows = app.store.bind(&caller);
    let goal = rows.write(move |tx| async move {
        let before = owned::own::<Entity>(&tx, id, Sight::Living).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        after.complete(tx.now())?;
        if after.completed_at != before.completed_at {
            tx.publish(&GoalCompleted { goal_id: id, user_id: before.user_id }).await?;
        }
        owned::save::<Entity>(&tx, &before, after).await
    });
    Ok(Goal::from(goal.await?).tagged())
}
