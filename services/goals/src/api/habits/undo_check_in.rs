//! `DELETE /api/v1/habits/{id}/check-ins/{date}`

use axum::extract::State;
use banyan_http::{FieldError, NoContent, Path, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::App;
use crate::entity::habit::Entity;
use crate::error::GoalsError;
use crate::habit::parse_date;
use crate::store::check_ins;
use crate::store::owned::{self, Sight};

/// Takes the check-in of a day back.
#[utoipa::path(
    delete,
    path = "/api/v1/habits/{id}/check-ins/{date}",
    operation_id = "undoCheckIn",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit."), ("date" = String, Path, format = Date, description = "The day, `YYYY-MM-DD`.")),
    responses((status = 204, description = "That day is open again."))
)]
pub(crate) async fn undo_check_in(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, date)): Path<(Uuid, String)>,
) -> Result<NoContent, Problem> {
    if parse_date(&date).is_none() {
        return Err(Problem::invalid("date", FieldError::date()));
    }
    let date = &date;
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx| async move {
        let habit = owned::own::<Entity>(&tx, id, Sight::Living).await?;
        if check_ins::remove(&tx, &habit, date).await? { Ok(()) } else { Err(GoalsError::Hidden) }
    });
    removed.await?;
    Ok(NoContent)
}
