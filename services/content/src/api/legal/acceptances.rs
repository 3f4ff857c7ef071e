//! `GET /api/v1/legal/acceptances`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, SignedIn};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::LegalAcceptance;
use crate::App;
use crate::entity::legal_acceptance::{Column, Entity};
use crate::store::acceptances;

/// Lists what the caller has accepted and taken back, the latest first. `orderBy` is `acceptedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/legal/acceptances",
    operation_id = "listOwnAcceptances",
    tag = "legal",
    params(Paging),
    responses((status = 200, description = "A page of acceptances.", body = Paged<LegalAcceptance>))
)]
pub(crate) async fn list_own_acceptances(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<Paged<LegalAcceptance>, Problem> {
    let user = caller.require_user()?;
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page =
        rows.read(move |tx| async move { acceptances::page(&tx, Entity::find().filter(Column::UserId.eq(user)), paging).await });
    Ok(page.await?.map(LegalAcceptance::from))
}
