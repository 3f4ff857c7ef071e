//! `POST /api/v1/tasks/{id}/archive`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Task, change};
use crate::App;
use crate::entity::task::Model;
use crate::store::owned::Sight;

/// Puts a task away, done or not. Restoring brings it back as it was.
#[utoipa::path(
    post,
    path = "/api/v1/tasks/{id}/archive",
    operation_id = "archiveTask",
    tag = "tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses((status = 200, description = "The task as it is now.", body = Task))
)]
pub(crate) async fn archive_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Task>, Problem> {
    let archive = |task: &mut Model, tx: &Tx| {
        task.archive(tx.now());
    };
    change(&app, &caller, id, &preconditions, Sight::Living, archive).await
}
