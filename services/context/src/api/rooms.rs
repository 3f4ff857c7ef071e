//! `GET /internal/rooms/session/{id}`: what the caller may do in the room of a session, for the realtime service. Not for requests from outside.

use axum::extract::{Extension, Path, State};
use axum::routing::get;
use banyan_contracts::realtime::{RoomAccess, SESSION, access_path};
use banyan_http::{Json, Problem};
use banyan_kernel::{Caller, ErrorCode, Uuid};
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::error::ContextError;
use crate::model::State as SessionState;
use crate::store::{participants, sessions};

pub(super) fn routes() -> OpenApiRouter<App> {
    // Not `routes!`: what is not documented has no path that the door knows.
    OpenApiRouter::new().route(&access_path(SESSION, "{id}"), get(tell_access))
}

/// Participants listen, those who may write speak while the session is in use. To everybody else it is as if there were none: nothing is allowed.
async fn tell_access(
    State(app): State<App>,
    caller: Option<Extension<Caller>>,
    Path(id): Path<String>,
) -> Result<Json<RoomAccess>, Problem> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    let (Ok(id), Some(_)) = (Uuid::parse_str(&id), caller.user_id()) else { return Ok(Json(RoomAccess::default())) };
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        let Some(role) = participants::own_role(&tx, id).await? else { return Ok(RoomAccess::default()) };
        let session = sessions::visible(&tx, id).await?;
        Ok::<_, ContextError>(RoomAccess { subscribe: true, publish: role.may_write() && session.state == SessionState::Active })
    });
    Ok(Json(read.await?))
}
