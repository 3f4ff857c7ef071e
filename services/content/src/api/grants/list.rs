//! `GET /api/v1/content/grants`

use axum::extract::State;
use banyan_http::grants::{self, Grant};
use banyan_http::{Paged, Paging, Problem, SignedIn};

use crate::App;

/// Who may read the caller's journals, and whose the caller may read.
#[utoipa::path(
    get,
    path = "/api/v1/content/grants",
    operation_id = "listContentGrants",
    tag = "journal",
    params(Paging),
    responses((status = 200, description = "A page of grants, newest first.", body = Paged<Grant>))
)]
pub(crate) async fn list_grants(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<Paged<Grant>, Problem> {
    grants::list(&app.store.bind(&caller), &paging).await
}
