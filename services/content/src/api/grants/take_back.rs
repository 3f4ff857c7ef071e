//! `DELETE /api/v1/content/grants`

use axum::extract::State;
use banyan_http::grants::{self, TakeBack};
use banyan_http::{NoContent, Problem, Query, SignedIn};

use super::KINDS;
use crate::App;

/// Takes back what the caller granted, with effect on the next read.
#[utoipa::path(
    delete,
    path = "/api/v1/content/grants",
    operation_id = "takeBackContentGrant",
    tag = "journal",
    params(TakeBack),
    responses((status = 204, description = "That person may no longer read it."))
)]
pub(crate) async fn take_back_grant(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<TakeBack>,
) -> Result<NoContent, Problem> {
    grants::take_back(&app.store.bind(&caller), KINDS, &which).await?;
    Ok(NoContent)
}
