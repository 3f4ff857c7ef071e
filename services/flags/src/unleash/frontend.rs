//! `GET /api/frontend` and `POST /api/frontend`

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use banyan_features::{Context, Named, Payload, Scope};
use banyan_http::{ClientAddress, FieldError, Problem};
use http::{HeaderMap, Uri};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::query::pairs;
use super::register::malformed;
use super::tagged;
use crate::clients::{BadContext, ClientIdentity, Clients, FrontendToken, Most, context_of};

/// Random bytes of what stands in for a session.
const SESSION: usize = 18;

#[derive(Serialize)]
struct Answer<'s> {
    toggles: Vec<Toggle<'s>>,
}

#[derive(Serialize)]
struct Toggle<'s> {
    name: &'s str,
    enabled: bool,
    variant: ShownVariant<'s>,
    #[serde(rename = "impressionData")]
    impression_data: bool,
    /// As older SDKs read it.
    #[serde(rename = "impression_data")]
    impression_data_too: bool,
}

#[derive(Serialize)]
struct ShownVariant<'s> {
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'s Payload>,
    enabled: bool,
    feature_enabled: bool,
    #[serde(rename = "featureEnabled")]
    feature_enabled_too: bool,
}

/// The flags that are on for the context in the query, with their variants: for SDKs of pages and apps. Whatever is no field of a context is one
/// of its properties; so is `properties[name]`.
#[utoipa::path(
    get,
    path = "/api/frontend",
    operation_id = "getFrontendFeatures",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(
        ("userId" = Option<String>, Query, description = "By which roll-outs stick."),
        ("sessionId" = Option<String>, Query, description = "By which they stick without a user."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has."),
    ),
    responses((status = 200, description = "The flags that are on, in Unleash's form.", body = serde_json::Value, content_type = "application/json"))
)]
pub(crate) async fn get_frontend_features(
    State(clients): State<Clients>,
    FrontendToken(token): FrontendToken,
    address: Option<Extension<ClientAddress>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (mut fields, mut properties) = (Map::new(), Map::new());
    for (name, value) in pairs(&uri) {
        let property = name.strip_prefix("properties[").and_then(|rest| rest.strip_suffix(']'));
        match property {
            Some(property) => drop(properties.insert(property.to_owned(), Value::String(value))),
            None => drop(fields.insert(name, Value::String(value))),
        }
        if fields.len() + properties.len() > 2 * Most::PROPERTIES {
            return Err(refused(BadContext::TooMany));
        }
    }
    fields.insert("properties".to_owned(), Value::Object(properties));
    answer(&clients, &token, address, fields, &headers)
}

/// The same for the `context` in the body.
#[utoipa::path(
    post,
    path = "/api/frontend",
    operation_id = "evaluateFrontendFeatures",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has.")),
    request_body(content = serde_json::Value, content_type = "application/json", description = "`{\"context\": {…}}`"),
    responses((status = 200, description = "The flags that are on, in Unleash's form.", body = serde_json::Value, content_type = "application/json"))
)]
pub(crate) async fn evaluate_frontend_features(
    State(clients): State<Clients>,
    FrontendToken(token): FrontendToken,
    address: Option<Extension<ClientAddress>>,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, body) = banyan_http::body::raw(request).await?;
    let Ok(Value::Object(mut body)) = (match body.is_empty() {
        true => Ok(Value::Object(Map::new())),
        false => serde_json::from_slice(&body),
    }) else {
        return Err(malformed(&body));
    };
    let fields = match body.remove("context") {
        Some(Value::Object(fields)) => fields,
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err(Problem::invalid("context", FieldError::wrong_type(banyan_http::problem::Expected::Object))),
    };
    answer(&clients, &token, address, fields, &headers)
}

fn answer(
    clients: &Clients,
    token: &ClientIdentity,
    address: Option<Extension<ClientAddress>>,
    fields: Map<String, Value>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let context = context_of(fields).map_err(refused)?;
    let environment = token.environment(context.environment.as_deref(), clients);
    let context = completed(clients, context, address);
    let snapshot = clients.snapshot(token, &environment)?;
    let scope = Scope { projects: token.projects.clone(), ..Scope::default() };
    let on: Vec<Named<'_>> = snapshot.all(&context, &scope).filter(|named| named.evaluation.enabled).collect();
    let answer = Answer { toggles: on.iter().map(toggle).collect() };
    let body = serde_json::to_vec(&answer).map_err(|error| Problem::internal(&error))?;
    let etag = tag_of(&body);
    Ok(tagged(headers, &etag, || Body::from(body)))
}

fn toggle<'s>(named: &'s Named<'s>) -> Toggle<'s> {
    let evaluation = &named.evaluation;
    let variant = evaluation.variant.as_ref();
    Toggle {
        name: named.key,
        enabled: true,
        variant: ShownVariant {
            name: variant.map_or("disabled", |variant| &variant.name),
            payload: variant.and_then(|variant| variant.payload.as_ref()),
            enabled: variant.is_some(),
            feature_enabled: true,
            feature_enabled_too: true,
        },
        impression_data: evaluation.impression_data,
        impression_data_too: evaluation.impression_data,
    }
}

/// With what the client leaves to the server: where it asks from, the time, and by what this answer's roll-outs hold together.
fn completed(clients: &Clients, mut context: Context, address: Option<Extension<ClientAddress>>) -> Context {
    if context.remote_address.is_none() {
        context.remote_address = address.map(|Extension(ClientAddress(address))| address.to_string());
    }
    context.current_time.get_or_insert_with(|| clients.clock.now());
    context.stand_in = Some(stand_in(clients));
    context
}

/// By which the roll-outs of one answer hold together.
pub(crate) fn stand_in(clients: &Clients) -> String {
    let mut bytes = [0; SESSION];
    clients.random.fill(&mut bytes);
    hexadecimal(&bytes)
}

/// Of the content, so that equal answers have equal tags on every node.
pub(crate) fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", hexadecimal(&Sha256::digest(body)[..12]))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn refused(bad: BadContext) -> Problem {
    match bad {
        BadContext::TooMany => Problem::invalid("context.properties", FieldError::too_many(Most::PROPERTIES)),
        BadContext::TooLong(name) => Problem::invalid(format!("context.{name}"), FieldError::too_long(Most::BYTES)),
        BadContext::WrongType(name) => {
            Problem::invalid(format!("context.{name}"), FieldError::wrong_type(banyan_http::problem::Expected::Text))
        }
        BadContext::NoTime => Problem::invalid("context.currentTime", FieldError::timestamp()),
    }
}
