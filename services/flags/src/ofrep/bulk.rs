//! `POST /ofrep/v1/evaluate/flags`

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use banyan_http::{Language, Localized, Problem, Tenant};
use serde::Serialize;

use super::outcome::{Fault, Outcome, Wording};
use super::request::read;
use crate::clients::{AnyToken, Clients};
use crate::unleash::{tag_of, tagged};

#[derive(Serialize)]
struct Answer {
    flags: Vec<Outcome>,
}

/// The values of all flags for a context, for programs that keep them: they do not count. With the `ETag` of the last answer in
/// `If-None-Match` it is 304 while no value is another.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags",
    operation_id = "evaluateFlags",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has.")),
    request_body(content = serde_json::Value, content_type = "application/json", description = "`{\"context\": {\"targetingKey\": \"…\"}}`"),
    responses(
        (status = 200, description = "The values, in OFREP's form.", body = serde_json::Value, content_type = "application/json"),
        (status = 304, description = "No value is another."),
        (status = 400, description = "The context is none.", body = serde_json::Value, content_type = "application/json")
    )
)]
pub(crate) async fn evaluate_flags(
    State(clients): State<Clients>,
    AnyToken(token): AnyToken,
    tenant: Tenant,
    Language(locale): Language,
    request: Request,
) -> Result<Response, Problem> {
    let asked = read(&clients, request).await?;
    let words = Wording { clients: &clients, tenant: &tenant, locale };
    let context = match asked.context {
        Ok(context) => context,
        Err(fault) => return Ok(Localized(locale, words.failure(None, &fault)).into_response()),
    };
    let environment = token.environment(context.environment.as_deref(), &clients);
    let Ok(snapshot) = clients.snapshot(&token, &environment) else {
        return Ok(Localized(locale, words.failure(None, &Fault::General)).into_response());
    };
    let scope = token.scope();
    let outcome = |named: banyan_features::Named<'_>| match context.user_id.is_none() && snapshot.needs_user(named.key) {
        true => Outcome::Failure(words.failure(Some(named.key), &Fault::TargetingKey)),
        false => words.outcome(&named, &environment, snapshot.revision()),
    };
    let answer = Answer { flags: snapshot.all(&context, &scope).map(outcome).collect() };
    let body = serde_json::to_vec(&answer).map_err(|error| Problem::internal(&error))?;
    let etag = tag_of(&body);
    Ok(tagged(&asked.headers, &etag, || Body::from(body)))
}
