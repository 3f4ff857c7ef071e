//! `GET /api/v1/habits/{id}/streak`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use super::progress;
use crate::App;
use crate::entity::habit::Entity;
use crate::error::GoalsError;
use crate::habit::Progress;
use crate::store::owned;

/// How a habit stands today: streaks, strength, and how much of what was due was done.
#[utoipa::path(
    get,
    path = "/api/v1/habits/{id}/streak",
    operation_id = "getHabitStreak",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    responses((status = 200, description = "The course of the habit until today.", body = Progress))
)]
pub(crate) async fn get_streak(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Json<Progress>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move {
        let habit = owned::visible::<Entity>(&tx, id).await?;
        progress(&tx, &habit).await
    });
    let found: Result<Progress, GoalsError> = found.await;
    Ok(Json(found?))
}
