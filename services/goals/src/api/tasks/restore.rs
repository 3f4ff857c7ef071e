//! `POST /api/v1/tasks/{id}/restore`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Task, change};
use crate::App;
use crate::entity::task::Model;
use crate::store::owned::Sight;

/// Takes back the last of deletion (for 30 days), archiving and completion. Any other task stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/{id}/restore",
    operation_id = "restoreTask",
    tag = "tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses((status = 200, description = "The task as it is now.", body = Task))
)]
pub(crate) async fn restore_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Task>, Problem> {
    let restore = |task: &mut Model, _: &Tx| {
        task.restore();
    };
    change(&app, &caller, id, &preconditions, Sight::Restorable, restore).await
}
