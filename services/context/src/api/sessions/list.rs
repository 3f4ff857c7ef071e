//! `GET /api/v1/context/sessions`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, Query, SignedIn, Validate};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ContextSession;
use crate::App;
use crate::error::ContextError;
use crate::model::{self, Role};
use crate::store::{participants, sessions};

/// Which sessions to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    state: Option<model::State>,
    /// The caller's part in them.
    #[param(inline)]
    role: Option<Role>,
}

impl Validate for Which {}

/// Lists the sessions in which the caller takes part. `orderBy` is one of `updatedAt` (the default), `createdAt`, `title`, `state`.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions",
    operation_id = "listContextSessions",
    tag = "context",
    params(Which, Paging),
    responses((status = 200, description = "A page of sessions.", body = Paged<ContextSession>))
)]
pub(crate) async fn list_context_sessions(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<ContextSession>, Problem> {
    let user = caller.require_user()?;
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move {
        let page = sessions::list(&tx, user, which.state, which.role, paging).await?;
        let roles = participants::roles(&tx, user, page.data.iter().map(|row| row.id).collect()).await?;
        let role_in = |id| roles.iter().find(|row| row.session_id == id).map_or(Role::Viewer, |row| row.role);
        Ok::<_, ContextError>(page.map(|row| {
            let role = role_in(row.id);
            ContextSession::of(row, role)
        }))
    });
    Ok(page.await?)
}
