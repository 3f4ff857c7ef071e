//! `POST /api/client/register` and `POST /api/frontend/client/register`

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use http::StatusCode;
use serde::Deserialize;

use super::{UNLEASH, X_UNLEASH_VERSION};
use crate::clients::{Application, ClientIdentity, ClientToken, Clients, FrontendToken};

/// Of a name, in characters.
const LONGEST: usize = 200;

/// What an SDK says of its program. It may say more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Program {
    app_name: String,
    #[serde(default)]
    environment: Option<String>,
    #[serde(default)]
    sdk_version: Option<String>,
}

/// A program says that it begins to ask. It is remembered by this process, with its SDK.
#[utoipa::path(
    post,
    path = "/api/client/register",
    operation_id = "registerClient",
    tag = "flag clients",
    security(("flagToken" = [])),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The program, in Unleash's form."),
    responses((status = 202, description = "It was heard."))
)]
pub(crate) async fn register_client(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    request: Request,
) -> Result<Response, Problem> {
    note(&clients, &token, request).await?;
    Ok((StatusCode::ACCEPTED, [(X_UNLEASH_VERSION.clone(), UNLEASH)]).into_response())
}

/// The same for pages and apps.
#[utoipa::path(
    post,
    path = "/api/frontend/client/register",
    operation_id = "registerFrontend",
    tag = "flag clients",
    security(("flagToken" = [])),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The program, in Unleash's form."),
    responses((status = 200, description = "It was heard."))
)]
pub(crate) async fn register_frontend(
    State(clients): State<Clients>,
    FrontendToken(token): FrontendToken,
    request: Request,
) -> Result<Response, Problem> {
    note(&clients, &token, request).await?;
    Ok(StatusCode::OK.into_response())
}

async fn note(clients: &Clients, token: &ClientIdentity, request: Request) -> Result<(), Problem> {
    let (headers, body) = banyan_http::body::raw(request).await?;
    let program: Program = serde_json::from_slice(&body).map_err(|_| malformed(&body))?;
    let sdk = program.sdk_version.or_else(|| Some(headers.get("unleash-sdk")?.to_str().ok()?.to_owned()));
    seen(clients, token, &program.app_name, program.environment.as_deref(), sdk)
}

/// Remembers the program.
pub(super) fn seen(
    clients: &Clients,
    token: &ClientIdentity,
    name: &str,
    environment: Option<&str>,
    sdk: Option<String>,
) -> Result<(), Problem> {
    if name.is_empty() || name.chars().count() > LONGEST {
        return Err(Problem::invalid(
            "appName",
            if name.is_empty() { FieldError::required() } else { FieldError::too_long(LONGEST) },
        ));
    }
    let application = Application {
        name: name.to_owned(),
        environment: token.environment(environment, clients).to_string(),
        sdk: sdk.map(|sdk| sdk.chars().take(LONGEST).collect()),
        last_seen: clients.clock.now(),
    };
    clients.seen.note(token.tenant, application);
    Ok(())
}

/// What is not JSON, and JSON that is something else.
pub(super) fn malformed(body: &[u8]) -> Problem {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Problem::new(ErrorCode::MalformedRequest).detail_message("flags-client-body", []),
        Err(_) => Problem::new(ErrorCode::MalformedBody),
    }
}
