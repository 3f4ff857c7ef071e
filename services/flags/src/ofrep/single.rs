//! `POST /ofrep/v1/evaluate/flags/{key}`

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use banyan_http::{Language, Localized, Path, Problem, Tenant};

use super::outcome::{Fault, Wording};
use super::request::read;
use crate::clients::{AnyToken, Clients};

/// The value of one flag for a context. It counts.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags/{key}",
    operation_id = "evaluateFlag",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("key" = String, Path, description = "The flag's name.")),
    request_body(content = serde_json::Value, content_type = "application/json", description = "`{\"context\": {\"targetingKey\": \"…\"}}`"),
    responses(
        (status = 200, description = "The value, in OFREP's form.", body = serde_json::Value, content_type = "application/json"),
        (status = 400, description = "The context is none, or the flag cannot be read.", body = serde_json::Value, content_type = "application/json"),
        (status = 404, description = "The token sees no such flag.", body = serde_json::Value, content_type = "application/json")
    )
)]
pub(crate) async fn evaluate_flag(
    State(clients): State<Clients>,
    AnyToken(token): AnyToken,
    Path(key): Path<String>,
    tenant: Tenant,
    Language(locale): Language,
    request: Request,
) -> Result<Response, Problem> {
    let asked = read(&clients, request).await?;
    let words = Wording { clients: &clients, tenant: &tenant, locale };
    let refuse = |fault: &Fault| Localized(locale, words.failure(Some(&key), fault)).into_response();
    let context = match asked.context {
        Ok(context) => context,
        Err(fault) => return Ok(refuse(&fault)),
    };
    let environment = token.environment(context.environment.as_deref(), &clients);
    let Ok(snapshot) = clients.snapshot(&token, &environment) else { return Ok(refuse(&Fault::General)) };
    let sees = |project: &str| token.projects.as_ref().is_none_or(|projects| projects.contains(project));
    if !snapshot.project(&key).is_some_and(sees) {
        return Ok(refuse(&Fault::NotFound));
    }
    if context.user_id.is_none() && snapshot.needs_user(&key) {
        return Ok(refuse(&Fault::TargetingKey));
    }
    Ok(match snapshot.named(&key, &context) {
        Some(named) => words.outcome(&named, &environment, snapshot.revision()).into_response(),
        None => refuse(&Fault::NotFound),
    })
}
