//! `GET /api/v1/goals/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Goal;
use crate::App;
use crate::api::tag;
use crate::entity::goal::Entity;
use crate::store::owned;

/// Reads a goal of one's own, or one that one was granted a look at.
#[utoipa::path(
    get,
    path = "/api/v1/goals/{id}",
    operation_id = "getGoal",
    tag = "goals",
    params(("id" = Uuid, Path, description = "The goal.")),
    responses(
        (status = 200, description = "The goal.", body = Goal),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Goal>, Problem> {
    let row = app.store.bind(&caller).read(move |tx| async move { owned::visible::<Entity>(&tx, id).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || Goal::from(row)))
}
