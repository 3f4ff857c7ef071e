//! `POST /api/v1/habits/{id}/restore`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Habit, change};
use crate::App;
use crate::entity::habit::Model;
use crate::store::owned::Sight;

/// Takes back deletion (for 30 days), else archiving. A habit in use stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/habits/{id}/restore",
    operation_id = "restoreHabit",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    responses((status = 200, description = "The habit as it is now.", body = Habit))
)]
pub(crate) async fn restore_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Habit>, Problem> {
    let restore = |habit: &mut Model, _: &Tx| {
        habit.restore();
    };
    change(&app, &caller, id, &preconditions, Sight::Restorable, restore).await
}
