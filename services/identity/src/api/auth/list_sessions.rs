//! `GET /api/v1/auth/sessions`

use banyan_http::{Paged, Paging, Problem, SignedIn};
use banyan_store::Tx;

use crate::Identity;
use crate::entity::session::Column;
use crate::store::sessions;
use crate::view::SessionView;

/// Lists the caller's sessions that have not ended. `orderBy` is `lastUsedAt` (the default) or `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    operation_id = "listSessions",
    tag = "authentication",
    params(Paging),
    responses((status = 200, description = "A page of sessions.", body = Paged<SessionView>))
)]
pub(super) async fn list_sessions(
    identity: Identity,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<Paged<SessionView>, Problem> {
    let user = caller.require_user()?;
    let paging = &paging;
    let columns = &[("lastUsedAt", Column::LastUsedAt), ("createdAt", Column::CreatedAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, sessions::live(tx.now(), user), columns).await };
    let page = identity.rows(&caller).read(read).await?;
    Ok(page.map(|row| SessionView::of(row, caller.session)))
}
