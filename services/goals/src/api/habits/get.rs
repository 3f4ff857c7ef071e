//! `GET /api/v1/habits/{id}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;

use super::Habit;
use crate::App;
use crate::api::tag;
use crate::entity::habit::Entity;
use crate::store::owned;

/// Reads a habit of one's own, or one that one was granted a look at.
#[utoipa::path(
    get,
    path = "/api/v1/habits/{id}",
    operation_id = "getHabit",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    responses(
        (status = 200, description = "The habit.", body = Habit),
        (status = 304, description = "The client has it already.")
    )
)]
pub(crate) async fn get_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Habit>, Problem> {
    let row = app.store.bind(&caller).read(move |tx| async move { owned::visible::<Entity>(&tx, id).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || Habit::from(row)))
}
