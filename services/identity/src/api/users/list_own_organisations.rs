//! `GET /api/v1/users/organisations`

use banyan_http::{Paged, Paging, Problem, SignedIn};
use banyan_store::Tx;

use crate::Identity;
use crate::entity::organisation::Column;
use crate::store::organisations;
use crate::view::OrganisationView;

/// Lists the organisations of which the caller is a member. `orderBy` is `name` (the default) or `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/users/organisations",
    operation_id = "listOwnOrganisations",
    tag = "users",
    params(Paging),
    responses((status = 200, description = "A page of organisations.", body = Paged<OrganisationView>))
)]
pub(super) async fn list_own_organisations(
    identity: Identity,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<Paged<OrganisationView>, Problem> {
    let (paging, own) = (&paging, &caller.organisations);
    let columns = &[("name", Column::Name), ("createdAt", Column::CreatedAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, organisations::named(own), columns).await };
    let page = identity.rows(&caller).read(read).await?;
    Ok(page.map(OrganisationView::from))
}
