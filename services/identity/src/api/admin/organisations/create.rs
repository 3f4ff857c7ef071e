//! `POST /api/v1/admin/organisations`

use banyan_http::{Allowed, Created, Once, Problem, permit};

use super::NewOrganisation;
use crate::Identity;
use crate::view::OrganisationView;

/// Makes an organisation.
#[utoipa::path(
    post,
    path = "/api/v1/admin/organisations",
    operation_id = "createOrganisation",
    tag = "administration",
    request_body = NewOrganisation,
    responses(
        (status = 201, description = "The organisation.", body = OrganisationView),
        (status = 409, description = "The name is taken.")
    )
)]
pub(super) async fn create_organisation(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Once { key, body }: Once<NewOrganisation>,
) -> Result<Created<OrganisationView>, Problem> {
    let organisation = identity.add_organisation(&identity.rows(&caller), key.as_ref(), body.name.trim()).await?;
    Ok(Created::at(format!("/api/v1/admin/organisations/{}", organisation.id), organisation))
}
