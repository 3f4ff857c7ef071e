//! `GET /api/v1/context/patterns`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, Query, SignedIn};

use super::{ContextPattern, Which};
use crate::App;
use crate::store::patterns;

/// Lists what comes back in what the caller writes, in all sessions, the weightiest first.
#[utoipa::path(
    get,
    path = "/api/v1/context/patterns",
    operation_id = "listOwnContextPatterns",
    tag = "context",
    params(Which, Paging),
    responses((status = 200, description = "A page of patterns.", body = Paged<ContextPattern>))
)]
pub(crate) async fn list_own_context_patterns(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<ContextPattern>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move { patterns::of_person(&tx, user).await });
    let shown: Vec<_> = read.await?.into_iter().filter(|row| which.shows(row)).collect();
    Ok(paging.cut(shown.into_iter().map(ContextPattern::from)))
}
