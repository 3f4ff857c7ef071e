//! `PUT /api/v1/admin/organisations/{id}`

use banyan_http::{Allowed, Body, Path, Preconditions, Problem, Tagged, permit};
use banyan_kernel::Uuid;

use super::NewOrganisation;
use crate::Identity;
use crate::view::{OrganisationView, tag};

/// Gives an organisation another name. `If-Match` with the tag that was read is needed: two may edit it.
#[utoipa::path(
    put,
    path = "/api/v1/admin/organisations/{id}",
    operation_id = "updateOrganisation",
    tag = "administration",
    params(
        ("id" = Uuid, Path, description = "The organisation."),
        ("If-Match" = String, Header, description = "The tag that was read.")
    ),
    request_body = NewOrganisation,
    responses(
        (status = 200, description = "The organisation as it is now.", body = OrganisationView),
        (status = 409, description = "The name is taken.")
    )
)]
pub(super) async fn update_organisation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(new): Body<NewOrganisation>,
) -> Result<Tagged<OrganisationView>, Problem> {
    let rows = identity.rows(&caller);
    let present = identity.find_organisation(&rows, id).await?;
    preconditions.require(&tag(present.id, present.version))?;
    let organisation = identity.rename_organisation(&rows, id, present.version, new.name.trim()).await?;
    Ok(Tagged::new(tag(organisation.id, organisation.version), organisation))
}
