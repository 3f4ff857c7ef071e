//! `GET /api/v1/keys`

use banyan_http::{Paged, Paging, Problem, SignedIn};
use banyan_store::Tx;

use crate::Identity;
use crate::entity::api_key::Column;
use crate::store::api_keys;
use crate::view::ApiKeyView;

/// Lists the caller's API keys, without their texts. `orderBy` is `createdAt` (the default), `name` or `lastUsedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/keys",
    operation_id = "listApiKeys",
    tag = "API keys",
    params(Paging),
    responses((status = 200, description = "A page of keys.", body = Paged<ApiKeyView>))
)]
pub(super) async fn list_api_keys(
    identity: Identity,
    SignedIn(caller): SignedIn,
    paging: Paging,
) -> Result<Paged<ApiKeyView>, Problem> {
    let user = caller.require_user()?;
    let paging = &paging;
    let columns = &[("createdAt", Column::CreatedAt), ("name", Column::Name), ("lastUsedAt", Column::LastUsedAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, api_keys::live(Some(user)), columns).await };
    Ok(identity.rows(&caller).read(read).await?.map(ApiKeyView::from))
}
