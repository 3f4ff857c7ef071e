//! `POST /api/v1/goals/{id}/milestones`

use axum::extract::State;
use banyan_http::{Created, FieldError, Once, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::{Goal, MOST_MILESTONES, NewMilestone};
use crate::App;
use crate::entity::goal::Entity;
use crate::error::GoalsError;
use crate::store::owned::{self, Sight};

/// Adds a milestone to a goal of one's own, at the end; at most 50.
#[utoipa::path(
    post,
    path = "/api/v1/goals/{id}/milestones",
    operation_id = "addMilestone",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal.")),
    request_body = NewMilestone,
    responses((status = 201, description = "The goal as it is now.", body = Goal))
)]
pub(crate) async fn add_milestone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewMilestone>,
) -> Result<Created<Goal>, Problem> {
    let body = &body;
    let rows = app.store.bind(&caller);
    let goal = rows.write_once(key.as_ref(), move |tx| async move {
        let before = owned::own::<Entity>(&tx, id, Sight::Living).await?;
        if before.milestones.0.len() >= MOST_MILESTONES {
            return Err(GoalsError::Field { field: "milestones", error: FieldError::too_many(MOST_MILESTONES) });
        }
        let mut after = before.clone();
        after.milestones.0.push(body.clone().into_milestone(tx.new_id()));
        owned::save::<Entity>(&tx, &before, after).await.map(Goal::from)
    });
    Ok(Created::at(format!("/api/v1/goals/{id}"), goal.await?))
}
