//! `DELETE /api/v1/context/sessions/{id}/participants/{userId}`

use axum::extract::State;
use banyan_http::{NoContent, Path, Problem, SignedIn};
use banyan_kernel::Uuid;
use banyan_store::audit::Record;

use crate::App;
use crate::error::ContextError;
use crate::model::Role;
use crate::store::{participants, sessions, steps};

/// Somebody takes part no more, with effect on the next read: the owner says so of others, everybody of themselves. The owner stays.
#[utoipa::path(
    delete,
    path = "/api/v1/context/sessions/{id}/participants/{userId}",
    operation_id = "removeContextParticipant",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), ("userId" = Uuid, Path, description = "The person.")),
    responses(
        (status = 204, description = "That person takes no part in it."),
        (status = 409, description = "The person owns the session.")
    )
)]
pub(crate) async fn remove_context_participant(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path((id, user)): Path<(Uuid, Uuid)>,
) -> Result<NoContent, Problem> {
    let own = caller.user_id() == Some(user);
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx| async move {
        let role = sessions::require(&tx, id, |_| true).await?;
        if !own && role != Role::Owner {
            return Err(ContextError::Hidden);
        }
        steps::hold(&tx, id).await?;
        participants::remove(&tx, id, user).await?;
        tx.audit(Record::new("context.unshared").subject(user).object("session", id));
        Ok(())
    });
    removed.await?;
    Ok(NoContent)
}
