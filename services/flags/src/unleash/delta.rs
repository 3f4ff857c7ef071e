//! `GET /api/client/delta`

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode, Uri};

use super::features::named_environment;
use super::query::scope;
use crate::clients::{ClientToken, Clients};

/// What changed since the revision in `If-None-Match`, as events; everything, as one event, for who has none or was away for too long.
#[utoipa::path(
    get,
    path = "/api/client/delta",
    operation_id = "getClientDelta",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the last answer.")),
    responses(
        (status = 200, description = "Events, in Unleash's form.", body = serde_json::Value, content_type = "application/json"),
        (status = 304, description = "Nothing changed.")
    )
)]
pub(crate) async fn get_client_delta(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = token.environment(named_environment(&uri).as_deref(), &clients);
    let scope = scope(&token, &uri, &headers)?;
    let since = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).and_then(revision);
    clients.snapshot(&token, &environment)?;
    let changes = clients.local.features.changes(token.tenant, &environment, since, &scope);
    Ok(match changes {
        Some(changes) => {
            let headers =
                [(CONTENT_TYPE, "application/json; charset=utf-8".to_owned()), (ETAG, format!("\"{}\"", changes.revision))];
            (headers, Body::from(changes.body)).into_response()
        }
        None if since.is_some() => StatusCode::NOT_MODIFIED.into_response(),
        // An environment without flags.
        None => {
            let nothing = r#"{"events":[{"type":"hydration","eventId":0,"features":[],"segments":[]}]}"#;
            ([(CONTENT_TYPE, "application/json; charset=utf-8")], nothing).into_response()
        }
    })
}

/// `"17"`, also weakened or without quotes; 0 is that of nobody.
pub(super) fn revision(tag: &str) -> Option<i64> {
    tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok().filter(|revision| *revision > 0)
}
