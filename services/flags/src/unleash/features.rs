//! `GET /api/client/features` and `GET /api/client/features/{name}`

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use banyan_http::{Path, Problem};
use banyan_kernel::ErrorCode;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};

use super::query::{pairs, scope};
use super::tagged;
use crate::clients::{ClientToken, Clients};

/// The environment that a client with a token of all names.
pub(super) fn named_environment(uri: &Uri) -> Option<String> {
    pairs(uri).find(|(name, _)| name == "environment").map(|(_, value)| value)
}

/// All flags of the token's environment and projects, with strategies and segments: for SDKs that evaluate themselves. For a client whose
/// `Unleash-Client-Spec` is below 4.2, segments are put into the strategies.
#[utoipa::path(
    get,
    path = "/api/client/features",
    operation_id = "listClientFeatures",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(
        ("project" = Option<Vec<String>>, Query, description = "Only flags of these projects."),
        ("namePrefix" = Option<String>, Query, description = "Only flags whose names begin so."),
        ("tag" = Option<Vec<String>>, Query, description = "Only flags that have one of these, as `type:value`."),
        ("Unleash-Client-Spec" = Option<String>, Header, description = "The version of the client specification that the SDK keeps to."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has."),
    ),
    responses((status = 200, description = "The flags, in Unleash's form.", body = serde_json::Value, content_type = "application/json"))
)]
pub(crate) async fn list_client_features(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = token.environment(named_environment(&uri).as_deref(), &clients);
    let scope = scope(&token, &uri, &headers)?;
    let document = clients.snapshot(&token, &environment)?.document(&scope);
    Ok(tagged(&headers, &document.etag, || Body::from(document.body.clone())))
}

/// One flag of those, in the same form.
#[utoipa::path(
    get,
    path = "/api/client/features/{name}",
    operation_id = "getClientFeature",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("name" = String, Path, description = "The flag's name.")),
    responses(
        (status = 200, description = "The flag, in Unleash's form.", body = serde_json::Value, content_type = "application/json"),
        (status = 404, description = "The token sees no such flag.")
    )
)]
pub(crate) async fn get_client_feature(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = token.environment(named_environment(&uri).as_deref(), &clients);
    let scope = scope(&token, &uri, &headers)?;
    let feature = clients.snapshot(&token, &environment)?.feature(&name, &scope);
    let feature = feature.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(([(CONTENT_TYPE, "application/json; charset=utf-8")], feature.to_string()).into_response())
}
