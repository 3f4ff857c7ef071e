//! `GET /api/v1/context/sessions/{id}/patterns`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Problem, Query, SignedIn};
use banyan_kernel::Uuid;

use super::{ContextPattern, Which};
use crate::App;
use crate::store::{patterns, sessions};

/// Lists what comes back in a session, the weightiest first.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/patterns",
    operation_id = "listContextPatterns",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), Which, Paging),
    responses((status = 200, description = "A page of patterns.", body = Paged<ContextPattern>))
)]
pub(crate) async fn list_context_patterns(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<ContextPattern>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        patterns::of_session(&tx, id).await
    });
    let shown: Vec<_> = read.await?.into_iter().filter(|row| which.shows(row)).collect();
    Ok(paging.cut(shown.into_iter().map(ContextPattern::from)))
}
