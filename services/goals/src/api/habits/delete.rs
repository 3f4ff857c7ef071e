//! `DELETE /api/v1/habits/{id}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Preconditions, Problem, SignedIn};
use banyan_kernel::Uuid;

use crate::App;
use crate::api::tag;
use crate::entity::habit::Entity;
use crate::store::owned::{self, Sight};

/// Deletes a habit of one's own. For 30 days it can be restored; then it is gone for good.
#[utoipa::path(
    delete,
    path = "/api/v1/habits/{id}",
    operation_id = "deleteHabit",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    responses((status = 204, description = "It is deleted."))
)]
pub(crate) async fn delete_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let preconditions = &preconditions;
    let rows = app.store.bind(&caller);
    let deleted = rows.write(move |tx| async move {
        let row = owned::own::<Entity>(&tx, id, Sight::Living).await?;
        preconditions.allow(&tag(row.id, row.version))?;
        owned::delete::<Entity>(&tx, row).await
    });
    deleted.await?;
    Ok(NoContent)
}
