//! The OpenAPI document and the page that shows it.

use axum::Router;
use banyan_http::openapi::{Access, MergeError, Operation, loose_bodies, merge, operations, signed_in_operations, text};
use banyan_http::{Body, Created, Json, Once, Paged, Paging, Path, Preconditions, Problem, Query, Reason, Validate, pages};
use banyan_kernel::Uuid;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::support::{catalogues, get as get_request, indonesian, request, send};

#[derive(Serialize, ToSchema)]
struct Goal {
    id: Uuid,
    title: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only described")]
struct NewGoal {
    title: String,
}

impl Validate for NewGoal {}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Loose {
    anything: String,
}

impl Validate for Loose {}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
struct Filters {
    status: Option<String>,
}

impl Validate for Filters {}

/// The caller's goals.
#[utoipa::path(get, path = "/api/v1/goals", operation_id = "listGoals", tag = "goals", params(Paging, Filters), responses((status = 200, body = Paged<Goal>)))]
async fn list_goals(_: Paging, _: Query<Filters>) -> Result<Paged<Goal>, Problem> {
    Err(Problem::hidden())
}

#[utoipa::path(post, path = "/api/v1/goals", operation_id = "createGoal", tag = "goals", request_body = NewGoal, responses((status = 201, body = Goal)))]
async fn create_goal(_: Once<NewGoal>) -> Result<Created<Goal>, Problem> {
    Err(Problem::hidden())
}

#[utoipa::path(
    patch, path = "/api/v1/goals/{id}", operation_id = "changeGoal", tag = "goals", params(("id" = Uuid, Path), Preconditions, Reason),
    request_body = NewGoal, responses((status = 200, body = Goal), (status = 409, description = "It is archived"))
)]
async fn change_goal(_: Path<Uuid>, _: Preconditions, _: Body<NewGoal>) -> Result<Json<Goal>, Problem> {
    Err(Problem::hidden())
}

#[utoipa::path(get, path = "/api/v1/content/landing", operation_id = "landing", tag = "content", security(()), responses((status = 200)))]
async fn landing() {}

#[utoipa::path(
    get, path = "/api/v1/content/news", operation_id = "followNews", tag = "content", security(()),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = String, content_type = "text/plain"))
)]
async fn follow_news() {}

#[utoipa::path(post, path = "/api/v1/auth/register", operation_id = "register", tag = "auth", security(()), request_body = Loose, responses((status = 201)))]
async fn register(_: Body<Loose>) {}

fn goals() -> OpenApi {
    let router: OpenApiRouter = OpenApiRouter::new().routes(routes!(list_goals, create_goal)).routes(routes!(change_goal));
    router.into_openapi()
}

fn content() -> OpenApi {
    let router: OpenApiRouter =
        OpenApiRouter::new().routes(routes!(landing)).routes(routes!(follow_news)).routes(routes!(register));
    router.into_openapi()
}

fn merged() -> serde_json::Value {
    serde_json::to_value(merge("1.2.3", [&goals(), &content()]).unwrap()).unwrap()
}

fn answers(document: &serde_json::Value, path: &str, method: &str) -> Vec<String> {
    document["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_order_of_services_does_not_matter() {
    let one = text(&merge("1", [&goals(), &content()]).unwrap()).unwrap();
    let other = text(&merge("1", [&content(), &goals()]).unwrap()).unwrap();
    assert_eq!(one, other);
    assert!(one.starts_with("{\n  \"openapi\": \"3.1.0\""));
    assert!(one.ends_with("}\n"));
}

#[test]
fn each_call_has_the_problems_of_its_kind() {
    let document = merged();
    assert_eq!(
        answers(&document, "/api/v1/goals", "get"),
        ["200", "400", "401", "403", "404", "414", "422", "429", "500", "503", "504"]
    );
    assert_eq!(
        answers(&document, "/api/v1/goals", "post"),
        ["201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503", "504"]
    );
    let change = ["200", "400", "401", "403", "404", "409", "412", "413", "414", "415", "422", "428", "429", "500", "503", "504"];
    assert_eq!(answers(&document, "/api/v1/goals/{id}", "patch"), change);
    assert_eq!(answers(&document, "/api/v1/content/landing", "get"), ["200", "400", "401", "404", "429", "500", "503", "504"]);
    let own = &document["paths"]["/api/v1/goals/{id}"]["patch"]["responses"]["409"];
    assert_eq!(own["description"], "It is archived");
    assert_eq!(own["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    let other_form = &document["paths"]["/api/v1/content/news"]["get"]["responses"]["400"]["content"];
    assert_eq!(other_form["text/plain"]["schema"]["type"], "string");
    assert_eq!(other_form["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    assert_eq!(document["components"]["schemas"]["Problem"]["properties"]["requestId"]["format"], "uuid");
    assert_eq!(document["security"], serde_json::json!([{"bearer": []}]));
}

/// Before OpenAPI 3.2 some readers take the schema of a stream for that of each event in it.
#[test]
fn a_stream_of_events_has_no_schema() {
    let document = merged();
    let content = &document["paths"]["/api/v1/content/news"]["get"]["responses"]["200"]["content"];
    assert_eq!(*content, serde_json::json!({ "text/event-stream": {} }));
}

#[test]
fn each_call_has_its_headers() {
    let document = merged();
    let headers = |path: &str, method: &str| -> Vec<String> {
        let parameters = document["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        let name = |parameter: &serde_json::Value| match parameter["$ref"].as_str() {
            Some(reference) => reference.rsplit('/').next().unwrap().to_owned(),
            None => parameter["name"].as_str().unwrap().to_owned(),
        };
        parameters.iter().map(name).collect()
    };
    assert_eq!(headers("/api/v1/goals", "post"), ["Tenant", "AcceptLanguage", "IdempotencyKey"]);
    assert_eq!(headers("/api/v1/auth/register", "post"), ["Tenant", "AcceptLanguage"]);
    assert_eq!(headers("/api/v1/goals/{id}", "patch"), ["id", "If-Match", "X-Reason", "Tenant", "AcceptLanguage"]);
    assert_eq!(headers("/api/v1/goals", "get"), ["page", "limit", "orderBy", "order", "status", "Tenant", "AcceptLanguage"]);
    assert!(document["components"]["parameters"]["IdempotencyKey"].is_object());
}

#[test]
fn every_reference_leads_somewhere() {
    fn visit(value: &serde_json::Value, root: &serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(|reference| reference.as_str()) {
                    assert!(root.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                }
                members.values().for_each(|member| visit(member, root));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| visit(item, root)),
            _ => {}
        }
    }
    let document = merged();
    visit(&document, &document);
}

#[test]
fn the_calls_that_need_a_caller_are_listed() {
    let document = merge("1", [&goals(), &content()]).unwrap();
    let all = operations(&document);
    assert_eq!(all.len(), 6);
    let expected = Operation {
        method: Method::GET,
        path: "/api/v1/content/landing".into(),
        id: "landing".into(),
        access: Access::Anonymous,
    };
    assert!(all.contains(&expected));
    let closed: Vec<String> = signed_in_operations(&document).into_iter().map(|operation| operation.id).collect();
    assert_eq!(closed, ["listGoals", "createGoal", "changeGoal"]);
    assert_eq!(all[5].example_path(), "/api/v1/goals/0190a5b0-0000-7000-8000-000000000000");
    assert_eq!(loose_bodies(&document), ["Loose"]);
}

#[test]
fn contradictions_are_refused() {
    assert!(matches!(merge("1", [&goals(), &goals()]), Err(MergeError::Operation { .. })));
    let mut other = content();
    let schemas = &mut other.components.as_mut().unwrap().schemas;
    schemas.insert("Goal".into(), schemas["Loose"].clone());
    assert_eq!(merge("1", [&goals(), &other]).err(), Some(MergeError::Schema { name: "Goal".into() }));
    let mut twice = content();
    twice.paths.paths.get_mut("/api/v1/content/landing").unwrap().get.as_mut().unwrap().operation_id = Some("listGoals".into());
    assert_eq!(merge("1", [&goals(), &twice]).err(), Some(MergeError::OperationId { id: "listGoals".into() }));
    twice.paths.paths.get_mut("/api/v1/content/landing").unwrap().get.as_mut().unwrap().operation_id = None;
    assert!(matches!(merge("1", [&twice]), Err(MergeError::NoOperationId { .. })));
}

fn site() -> Router {
    let document = text(&merge("1", [&goals(), &content()]).unwrap()).unwrap();
    pages(catalogues(), document)
}

#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let document = send(site(), get_request("/openapi.json")).await;
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.json()["info"]["version"], "1");
    let page = send(site(), get_request("/docs")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("content-language"), "en-US");
    assert!(page.text().contains("<html lang=\"en-US\" dir=\"ltr\">"));
    let text = page.text();
    let named = text.split('"').filter(|path| path.starts_with("/docs/assets/page."));
    let named: Vec<String> = named.map(str::to_owned).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    for path in &named {
        let asset = send(site(), get_request(path)).await;
        assert_eq!(
            (asset.status.as_u16(), asset.header("cache-control")),
            (200, "public, max-age=31536000, immutable"),
            "{path}"
        );
    }
    assert_eq!(send(site(), get_request("/docs/assets/other.js")).await.status, 404);
    assert!(!page.text().contains("docs-"), "every word has a message");
    assert!(!page.text().contains("http://") && !page.text().contains("https://"), "nothing comes from elsewhere");
    let page = send(site(), indonesian(get_request("/docs"))).await;
    assert!(page.text().contains("<h1>Antarmuka</h1>"));
}

/// What stands between two texts, each time.
fn between<'t>(text: &'t str, begin: &'t str, end: char) -> impl Iterator<Item = &'t str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split(end).next())
}

#[tokio::test]
async fn the_scripts_have_all_parts_and_words_that_they_name() {
    let page = send(site(), get_request("/docs")).await;
    let words = between(page.text(), "data-words=\"", '"')
        .next()
        .unwrap()
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    let words: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&words).unwrap();
    let (mut open, mut seen, mut named) = (vec!["page.js".to_owned()], Vec::new(), 0);
    while let Some(script) = open.pop() {
        let answer = send(site(), get_request(&format!("/docs/assets/{script}"))).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/javascript; charset=utf-8"), "{script}");
        let text = answer.text();
        let plain = text.split("words.").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap());
        for word in plain.chain(between(text, "words['", '\'')).filter(|word| !word.is_empty()) {
            assert!(words.contains_key(word), "{script} names the word {word}");
            named += 1;
        }
        let parts: Vec<String> = between(text, "from './", '\'').map(str::to_owned).collect();
        seen.push(script);
        open.extend(parts.into_iter().filter(|part| !seen.contains(part)));
    }
    assert!(seen.len() >= 6 && named > 40, "{seen:?} {named}");
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let first = send(site(), get_request("/openapi.json")).await;
    let again = request(Method::GET, "/openapi.json")
        .header("if-none-match", first.header("etag"))
        .body(axum::body::Body::empty())
        .unwrap();
    let again = send(site(), again).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn errors_are_explained_in_the_readers_language() {
    let page = send(site(), get_request("/errors/validation-failed")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<code>items[0].title</code>"));
    let page = send(site(), indonesian(get_request("/errors/validation-failed"))).await;
    assert!(page.text().contains("Yang perlu dilakukan"));
    assert_eq!(page.header("vary"), "accept-language");
    assert!(send(site(), get_request("/errors")).await.text().contains("/errors/deadline-exceeded"));
    assert_eq!(send(site(), get_request("/errors/nonsense")).await.problem(), "404 not-found");
}
