//! `GET /api/v1/admin/organisations/{id}`

use banyan_http::{Allowed, Path, Preconditions, Problem, Tagged, permit};
use banyan_kernel::Uuid;

use crate::Identity;
use crate::view::{OrganisationView, tag};

/// Gives an organisation of the tenant.
#[utoipa::path(
    get,
    path = "/api/v1/admin/organisations/{id}",
    operation_id = "getOrganisation",
    tag = "administration",
    params(
        ("id" = Uuid, Path, description = "The organisation."),
        ("If-None-Match" = Option<String>, Header, description = "The tag of the copy at hand.")
    ),
    responses((status = 200, description = "The organisation.", body = OrganisationView))
)]
pub(super) async fn get_organisation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersRead>,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
) -> Result<Tagged<OrganisationView>, Problem> {
    let organisation = identity.find_organisation(&identity.rows(&caller), id).await?;
    Ok(preconditions.answer(tag(organisation.id, organisation.version), || OrganisationView::from(organisation)))
}
