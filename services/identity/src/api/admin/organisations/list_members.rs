//! `GET /api/v1/admin/organisations/{id}/members`

use banyan_http::{Allowed, Paged, Paging, Path, Problem, permit};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::entity::membership::Column;
use crate::store::organisations;
use crate::{Identity, IdentityError};

/// Somebody in an organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    user_id: Uuid,
    name: String,
    email: String,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

/// Lists the members of an organisation. `orderBy` is `joinedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/organisations/{id}/members",
    operation_id = "listMembers",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The organisation."), Paging),
    responses((status = 200, description = "A page of members.", body = Paged<Member>))
)]
pub(super) async fn list_members(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersRead>,
    Path(id): Path<Uuid>,
    paging: Paging,
) -> Result<Paged<Member>, Problem> {
    let paging = &paging;
    let columns = &[("joinedAt", Column::CreatedAt)];
    let read = move |tx: Tx| async move {
        organisations::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
        let page = paging.fetch(&tx, organisations::memberships(id), columns).await?;
        let people = organisations::people(&tx, page.data).await?;
        Ok::<_, Problem>(Paged { data: people, pagination: page.pagination })
    };
    let page = identity.rows(&caller).read(read).await?;
    Ok(page.map(|(membership, user)| Member {
        user_id: user.id,
        name: user.name,
        email: user.email,
        joined_at: Timestamp::from_micros(membership.created_at),
    }))
}
