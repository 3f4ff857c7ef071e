//! `GET /api/v1/users/data`

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use banyan_http::{Problem, SignedIn};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::Identity;
use crate::api::Desk;

/// Gives a copy of all that is held of the caller, in every service: rows as the person may see them, without digests and what is sealed.
/// It is for the person alone, not for API keys. Where a service stops answering in the middle, the transfer breaks off.
#[utoipa::path(
    get,
    path = "/api/v1/users/data",
    operation_id = "copyData",
    tag = "users",
    responses(
        (
            status = 200,
            description = "By service and table, the rows. Times are in RFC 3339.",
            body = serde_json::Value,
            content_type = "application/json",
            example = json!({
                "user": "01941f29-7c00-7000-8000-0000000000aa", "copiedAt": "2025-01-01T08:00:00Z",
                "services": { "identity": { "users": [{ "name": "Maya Hartono" }] }, "goals": { "goals": [], "tasks": [] } }
            })
        ),
        (status = 401, description = "Nobody is signed in."),
        (status = 403, description = "An API key asked."),
        (status = 503, description = "A service does not answer.")
    )
)]
pub(super) async fn copy_data(
    identity: Identity,
    State(desk): State<Desk>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    caller.require_person()?;
    let copying = identity.copy(&caller, &desk.mesh).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(copying.pieces())).into_response())
}
