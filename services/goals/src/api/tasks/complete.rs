//! `POST /api/v1/tasks/{id}/complete`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Task, change};
use crate::App;
use crate::entity::task::{Model, Status};
use crate::store::owned::Sight;

/// The task is done. Saying so twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/{id}/complete",
    operation_id = "completeTask",
    tag = "tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses((status = 200, description = "The task as it is now.", body = Task))
)]
pub(crate) async fn complete_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Task>, Problem> {
    let complete = |task: &mut Model, tx: &Tx| task.set_status(Status::Done, tx.now());
    change(&app, &caller, id, &preconditions, Sight::Living, complete).await
}
