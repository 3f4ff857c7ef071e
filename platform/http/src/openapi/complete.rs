//! Adds to each call what follows from its kind, so that handlers need not repeat it.

use http::Method;
use utoipa::openapi::path::{Operation as Described, Parameter, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::common::{ACCEPT_LANGUAGE, IDEMPOTENCY_KEY, PROBLEM_JSON, STANDARD, TENANT, problem_content};
use super::operation::{Access, access, methods_mut};

/// Server-sent events.
const EVENT_STREAM: &str = "text/event-stream";

pub(super) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in methods_mut(item) {
            keep_fitting_conditions(&method, operation);
            add_parameters(&method, path, operation);
            add_problems(&method, operation);
            fill_in_problems(operation);
            leave_streams_open(operation);
        }
    }
}

/// `Preconditions` documents both headers; a read has one of them and a change the other.
fn keep_fitting_conditions(method: &Method, operation: &mut Described) {
    let other = if is_read(method) { "If-Match" } else { "If-None-Match" };
    if let Some(parameters) = &mut operation.parameters {
        parameters.retain(|parameter| !is_header(parameter, other));
    }
}

fn add_parameters(method: &Method, path: &str, operation: &mut Described) {
    if !path.starts_with("/api/") {
        return;
    }
    let creates = *method == Method::POST && operation.responses.responses.contains_key("201");
    let once = creates && !path.contains("/auth/");
    let shared = [Some(TENANT), Some(ACCEPT_LANGUAGE), once.then_some(IDEMPOTENCY_KEY)];
    let parameters = operation.parameters.get_or_insert_default();
    parameters.extend(shared.into_iter().flatten().map(|name| RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))));
}

fn add_problems(method: &Method, operation: &mut Described) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let read = is_read(method);
    let has_body = operation.request_body.is_some();
    let in_path = parameters.iter().any(|parameter| is_in(parameter, &ParameterIn::Path));
    let in_query = parameters.iter().any(|parameter| is_in(parameter, &ParameterIn::Query));
    let asks = |name: &str| parameters.iter().any(|parameter| is_header(parameter, name));
    let (if_match, if_none_match, reason) = (asks("If-Match"), asks("If-None-Match"), asks("X-Reason"));
    let signed_in = access(operation) == Access::SignedIn;
    for standard in &STANDARD {
        let applies = match standard.status {
            "403" => signed_in,
            // Any call: the tenant that it names may be unknown.
            "404" => true,
            "409" => !read,
            "412" | "428" => if_match,
            "413" | "415" => has_body,
            "414" => in_path || in_query,
            "422" => has_body || in_path || in_query || if_match || if_none_match || reason || *method == Method::POST,
            "410" | "502" => false,
            _ => true,
        };
        if applies {
            let response = || RefOr::Ref(Ref::from_response_name(standard.name));
            operation.responses.responses.entry(standard.status.into()).or_insert_with(response);
        }
    }
    if if_none_match {
        let unchanged = || ResponseBuilder::new().description("Not changed since the `ETag` in `If-None-Match`.").build().into();
        operation.responses.responses.entry("304".into()).or_insert_with(unchanged);
    }
}

/// A handler may describe an error in its own words, or another form of it; what is refused before it is asked is a problem.
fn fill_in_problems(operation: &mut Described) {
    for (status, response) in &mut operation.responses.responses {
        let is_error = status.starts_with('4') || status.starts_with('5');
        if let RefOr::T(response) = response
            && is_error
            && !response.content.contains_key(PROBLEM_JSON)
        {
            response.content.insert(PROBLEM_JSON.into(), RefOr::T(problem_content(None)));
        }
    }
}

/// Before OpenAPI 3.2 nothing says whether a schema is of the stream or of each event in it, so there is none.
fn leave_streams_open(operation: &mut Described) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(stream)) = response.content.get_mut(EVENT_STREAM)
        {
            stream.schema = None;
        }
    }
}

fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn is_in(parameter: &RefOr<Parameter>, place: &ParameterIn) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place)
}

fn is_header(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Header && parameter.name.eq_ignore_ascii_case(name))
}
