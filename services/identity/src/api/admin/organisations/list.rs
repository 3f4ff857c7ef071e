//! `GET /api/v1/admin/organisations`

use banyan_http::{Allowed, Paged, Paging, Problem, permit};
use banyan_store::Tx;
use sea_orm::EntityTrait as _;

use crate::Identity;
use crate::entity::organisation::{Column, Entity};
use crate::view::OrganisationView;

/// Lists the organisations of the tenant. `orderBy` is `name` (the default) or `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/organisations",
    operation_id = "listOrganisations",
    tag = "administration",
    params(Paging),
    responses((status = 200, description = "A page of organisations.", body = Paged<OrganisationView>))
)]
pub(super) async fn list_organisations(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersRead>,
    paging: Paging,
) -> Result<Paged<OrganisationView>, Problem> {
    let paging = &paging;
    let columns = &[("name", Column::Name), ("createdAt", Column::CreatedAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, Entity::find(), columns).await };
    Ok(identity.rows(&caller).read(read).await?.map(OrganisationView::from))
}
