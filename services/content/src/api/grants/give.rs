//! `POST /api/v1/content/grants`

use axum::extract::State;
use banyan_http::grants::{self, Grant, NewGrant};
use banyan_http::{Created, Once, Problem, SignedIn};

use super::KINDS;
use crate::App;

/// Lets somebody read the caller's journals, written and spoken (`journals`). Giving twice is the same as once.
#[utoipa::path(
    post,
    path = "/api/v1/content/grants",
    operation_id = "giveContentGrant",
    tag = "journal",
    request_body = NewGrant,
    responses((status = 201, description = "What that person may read now.", body = Grant))
)]
pub(crate) async fn give_grant(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewGrant>,
) -> Result<Created<Grant>, Problem> {
    let grant = grants::give(&app.store.bind(&caller), key.as_ref(), KINDS, &body).await?;
    Ok(Created::at("/api/v1/content/grants", grant))
}
