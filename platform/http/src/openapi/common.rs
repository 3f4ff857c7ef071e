//! What every call has in common, once, under `components`.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Header, OpenApi, Ref, RefOr, Required, Response, SecurityRequirement};
use utoipa::{PartialSchema, ToSchema};

use banyan_kernel::ErrorCode;

use crate::problem::{EXAMPLE_REQUEST, type_of};

pub(super) const PROBLEM_JSON: &str = "application/problem+json";
const BEARER: &str = "bearer";
/// Under which calls for clients of feature flags name their token.
const FLAG_TOKEN: &str = "flagToken";

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Problem {
    /// The page that documents the code.
    #[serde(rename = "type")]
    kind: String,
    /// The name of the error, in the negotiated language.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What to do about it, in the negotiated language.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The path that was asked for.
    instance: String,
    /// The error for programs; the same in all languages.
    code: String,
    /// Leads the support team to the record of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<uuid::Uuid>,
    /// Every bad field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// When to try again (RFC 3339), where waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<String>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
struct FieldProblem {
    /// `email`, `items[0].title`.
    field: String,
    /// For programs.
    code: String,
    /// For people, in the negotiated language.
    message: String,
}

/// A problem that any call of some kind may answer.
pub(super) struct Standard {
    pub(super) status: &'static str,
    /// Under `components.responses`.
    pub(super) name: &'static str,
    code: ErrorCode,
}

impl Standard {
    const fn new(status: &'static str, name: &'static str, code: ErrorCode) -> Self {
        Self { status, name, code }
    }
}

pub(super) const STANDARD: [Standard; 17] = [
    Standard::new("400", "BadRequest", ErrorCode::MalformedRequest),
    Standard::new("401", "Unauthorized", ErrorCode::Unauthenticated),
    Standard::new("403", "Forbidden", ErrorCode::Forbidden),
    Standard::new("404", "NotFound", ErrorCode::NotFound),
    Standard::new("409", "Conflict", ErrorCode::Conflict),
    Standard::new("410", "Gone", ErrorCode::Gone),
    Standard::new("412", "PreconditionFailed", ErrorCode::PreconditionFailed),
    Standard::new("413", "ContentTooLarge", ErrorCode::PayloadTooLarge),
    Standard::new("414", "UriTooLong", ErrorCode::UriTooLong),
    Standard::new("415", "UnsupportedMediaType", ErrorCode::UnsupportedMediaType),
    Standard::new("422", "UnprocessableContent", ErrorCode::ValidationFailed),
    Standard::new("428", "PreconditionRequired", ErrorCode::PreconditionRequired),
    Standard::new("429", "TooManyRequests", ErrorCode::RateLimited),
    Standard::new("500", "InternalServerError", ErrorCode::Internal),
    Standard::new("502", "BadGateway", ErrorCode::ServiceUnknown),
    Standard::new("503", "ServiceUnavailable", ErrorCode::ServiceUnavailable),
    Standard::new("504", "GatewayTimeout", ErrorCode::DeadlineExceeded),
];

/// The shared header parameters by their name under `components.parameters`.
pub(super) const TENANT: &str = "Tenant";
pub(super) const ACCEPT_LANGUAGE: &str = "AcceptLanguage";
pub(super) const IDEMPOTENCY_KEY: &str = "IdempotencyKey";

/// Adds schemas, responses, parameters and the bearer scheme, which holds for every call that does not say otherwise.
pub(super) fn add(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), Problem::schema());
    components.schemas.insert("FieldProblem".into(), FieldProblem::schema());
    for standard in &STANDARD {
        components.responses.insert(standard.name.into(), response(standard).into());
    }
    for (name, parameter) in parameters() {
        components.parameters.insert(name.into(), RefOr::T(parameter));
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("The access token that signing in gives."));
    components.security_schemes.insert(BEARER.into(), RefOr::T(SecurityScheme::Http(bearer.build())));
    let token =
        ApiKeyValue::with_description("Authorization", "The token of a client of feature flags, as it is or as `Bearer`.");
    components.security_schemes.insert(FLAG_TOKEN.into(), RefOr::T(SecurityScheme::ApiKey(ApiKey::Header(token))));
    document.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
}

/// The body of a problem, for responses.
pub(super) fn problem_content(example: Option<Value>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(example).build()
}

fn response(standard: &Standard) -> Response {
    let response =
        ResponseBuilder::new().description(standard.code.title()).content(PROBLEM_JSON, problem_content(Some(example(standard))));
    let header = |description: &str, kind: Type| {
        let schema = ObjectBuilder::new().schema_type(kind).build();
        Header::builder().schema(Some(schema)).description(Some(description)).build()
    };
    let response = match standard.status {
        "401" => response.header("WWW-Authenticate", header("The scheme: `Bearer`.", Type::String)),
        "429" => response
            .header("RateLimit", header("What is left of the limit, and when it is renewed.", Type::String))
            .header("RateLimit-Policy", header("The limit.", Type::String)),
        _ => response,
    };
    let again = matches!(standard.status, "429" | "503");
    let response = if again { response.header("Retry-After", header("Seconds to wait.", Type::Integer)) } else { response };
    response.build()
}

fn example(standard: &Standard) -> Value {
    let code = standard.code;
    let mut example = json!({
        "type": type_of(code),
        "title": code.title(),
        "status": code.status(),
        "instance": "/api/v1/goals",
        "code": code.slug(),
        "requestId": EXAMPLE_REQUEST,
    });
    if code == ErrorCode::ValidationFailed {
        example["errors"] = json!([{ "field": "title", "code": "required", "message": "This field is required." }]);
    }
    example
}

fn parameters() -> [(&'static str, Parameter); 3] {
    let header = |name: &str, description: &str, schema: ObjectBuilder, example: &str| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::False);
        parameter.description(Some(description)).schema(Some(schema)).example(Some(example.into())).build()
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    [
        (TENANT, header("X-Tenant", "The tenant, where the host name does not say it.", text(), "upcoach")),
        (
            ACCEPT_LANGUAGE,
            header("Accept-Language", "The languages that the reader prefers (RFC 9110).", text(), "id-ID, en;q=0.5"),
        ),
        (
            IDEMPOTENCY_KEY,
            header(
                "Idempotency-Key",
                "Makes the call safe to repeat for 24 hours: the same key and body give the first answer again.",
                text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$")),
                "4f6c2f9e-5b1c-4f39-9b8e-0d3f6c1a7e55",
            ),
        ),
    ]
}
