//! `GET /api/v1/admin/legal`

use axum::extract::State;
use banyan_http::{Allowed, Paged, Paging, Problem, permit};

use super::LegalVersion;
use crate::App;
use crate::store::legal;

/// Lists the tenant's own versions of legal texts. A kind of which there is none is as the application's files say.
#[utoipa::path(
    get,
    path = "/api/v1/admin/legal",
    operation_id = "listLegalVersions",
    tag = "administration",
    params(Paging),
    responses((status = 200, description = "A page of versions.", body = Paged<LegalVersion>))
)]
pub(crate) async fn list_legal_versions(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    paging: Paging,
) -> Result<Paged<LegalVersion>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let rows = app.store.bind(&caller).read(move |tx| async move { legal::all(&tx).await }).await?;
    Ok(paging.cut(rows.iter().map(LegalVersion::from)))
}
