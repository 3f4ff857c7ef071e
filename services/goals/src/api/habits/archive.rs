//! `POST /api/v1/habits/{id}/archive`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, SignedIn, Tagged};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use super::{Habit, change};
use crate::App;
use crate::entity::habit::Model;
use crate::store::owned::Sight;

/// Puts a habit away; its check-ins stay. Restoring brings it back as it was.
#[utoipa::path(
    post,
    path = "/api/v1/habits/{id}/archive",
    operation_id = "archiveHabit",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    responses((status = 200, description = "The habit as it is now.", body = Habit))
)]
pub(crate) async fn archive_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<Habit>, Problem> {
    let archive = |habit: &mut Model, tx: &Tx| {
        habit.archive(tx.now());
    };
    change(&app, &caller, id, &preconditions, Sight::Living, archive).await
}
