//! `GET /api/v1/admin/keys`

use banyan_http::{Allowed, Check, Paged, Paging, Problem, Query, Validate, permit};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Identity;
use crate::entity::api_key::Column;
use crate::store::api_keys;
use crate::view::ApiKeyView;

/// Whose keys to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Of this user alone.
    user: Option<Uuid>,
}

impl Validate for Whose {
    fn validate(&self, _: &mut Check) {}
}

/// Lists the API keys of the tenant, without their texts. `orderBy` is `createdAt` (the default), `name` or `lastUsedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/keys",
    operation_id = "listAllApiKeys",
    tag = "administration",
    params(Whose, Paging),
    responses((status = 200, description = "A page of keys.", body = Paged<ApiKeyView>))
)]
pub(super) async fn list_all_api_keys(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Query(whose): Query<Whose>,
    paging: Paging,
) -> Result<Paged<ApiKeyView>, Problem> {
    let paging = &paging;
    let columns = &[("createdAt", Column::CreatedAt), ("name", Column::Name), ("lastUsedAt", Column::LastUsedAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, api_keys::live(whose.user), columns).await };
    Ok(identity.rows(&caller).read(read).await?.map(ApiKeyView::from))
}
