//! `GET /api/v1/admin/invitations`

use banyan_http::{Allowed, Paged, Paging, Problem, Query, Validate, permit};
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Identity;
use crate::entity::invitation::Column;
use crate::store::invitations::{self, State};
use crate::view::InvitationView;

/// Which invitations to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    #[param(inline)]
    status: Option<State>,
}

impl Validate for Which {}

/// Lists invitations. `orderBy` is `createdAt` (the default) or `email`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/invitations",
    operation_id = "listInvitations",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of invitations.", body = Paged<InvitationView>))
)]
pub(super) async fn list_invitations(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<InvitationView>, Problem> {
    let (state, paging) = (which.status, &paging);
    let columns = &[("createdAt", Column::CreatedAt), ("email", Column::Email)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, invitations::select(state), columns).await };
    Ok(identity.rows(&caller).read(read).await?.map(InvitationView::from))
}
