//! `GET /api/v1/tasks/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Task;
use crate::App;
use crate::api::tag;
use crate::entity::task::Entity;
use crate::store::owned;

/// Reads a task of one's own, or one that one was granted a look at.
#[utoipa::path(
    get,
    path = "/api/v1/tasks/{id}",
    operation_id = "getTask",
    tag = "tasks",
    params(("id" = Uuid, Path, description = "The task.")),
    responses(
        (status = 200, description = "The task.", body = Task),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Task>, Problem> {
    let row = app.store.bind(&caller).read(move |tx| async move { owned::visible::<Entity>(&tx, id).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || Task::from(row)))
}
