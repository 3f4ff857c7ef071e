//! Problems: their members, their language, and what others' refusals become.

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use banyan_http::{FieldError, Problem, Verbatim, render_problems};
use banyan_kernel::{ErrorCode, Role};
use http::{HeaderValue, Method, StatusCode, header};
use tower::ServiceExt;

use crate::support::{anonymous, catalogues, from, get as get_request, indonesian, post as post_request, request, send, user};

fn router() -> Router {
    Router::new()
        .route("/fails", get(|| async { Err::<(), _>(Problem::new(ErrorCode::Conflict)) }))
        .route(
            "/bad",
            get(|| async {
                Problem::invalid("title", FieldError::too_long(200)).field("mood", FieldError::out_of_range(1_i64, 10_i64))
            }),
        )
        .route(
            "/limited",
            get(|| async {
                Problem::new(ErrorCode::RateLimited)
                    .header(header::RETRY_AFTER, HeaderValue::from(30))
                    .extension("error", "Too many requests")
                    .extension("retryAfter", "2024-01-15T10:30:00Z")
            }),
        )
        .route("/broken", get(|| async { Problem::internal(&"the password is hunter2") }))
        .route(
            "/panics",
            get(|| async {
                if true {
                    panic!("the password is hunter2")
                }
            }),
        )
        .route("/expired", get(|| async { Problem::new(ErrorCode::TokenExpired) }))
        .route("/axum", post(|_: axum::Json<i64>| async {}))
        .route("/theirs", get(|| async { (StatusCode::BAD_REQUEST, axum::Json(serde_json::json!({"error": "invalid_client"}))) }))
        .route(
            "/verbatim",
            get(|| async {
                let mut response = (StatusCode::NOT_FOUND, "as it came").into_response();
                response.extensions_mut().insert(Verbatim);
                response
            }),
        )
        .route("/fine", get(|| async { "fine" }))
        .route("/public", get(|| async { ([(header::CACHE_CONTROL, "public, max-age=60")], "fine") }))
}

#[tokio::test]
async fn a_problem_has_its_members() {
    let answer = send(router(), get_request("/fails?secret=1")).await;
    assert_eq!(answer.problem(), "409 conflict");
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "type": "/errors/conflict",
            "title": "The change conflicts with the present state",
            "status": 409,
            "detail": "Load the present state, then decide whether the change is still wanted.",
            "instance": "/fails",
            "code": "conflict",
            "requestId": "00000000-0000-0000-0000-000000000007",
        })
    );
    assert_eq!(answer.header("content-language"), "en-US");
    assert_eq!(answer.header("vary"), "accept-language");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn it_speaks_the_readers_language() {
    let answer = send(router(), indonesian(get_request("/bad"))).await;
    assert_eq!(answer.header("content-language"), "id-ID");
    let body = answer.json();
    assert_eq!(body["title"], "Beberapa isian tidak valid");
    assert_eq!(body["errors"][0]["message"], "Masukkan paling banyak 200 karakter.");
    assert_eq!(body["errors"][1]["message"], "Masukkan nilai antara 1 dan 10.");
    assert_eq!(answer.bad_fields(), ["title too-long", "mood out-of-range"]);
}

#[tokio::test]
async fn headers_and_further_members_go_along() {
    let answer = send(router(), get_request("/limited")).await;
    assert_eq!(answer.problem(), "429 rate-limited");
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(answer.json()["error"], "Too many requests");
    assert_eq!(answer.json()["retryAfter"], "2024-01-15T10:30:00Z");
}

#[tokio::test]
async fn causes_and_panics_stay_in_the_log() {
    for path in ["/broken", "/panics"] {
        let answer = send(router(), get_request(path)).await;
        assert_eq!(answer.problem(), "500 internal");
        assert!(!answer.text().contains("hunter2"), "{path}");
        assert_eq!(answer.json()["requestId"], "00000000-0000-0000-0000-000000000007");
    }
}

#[tokio::test]
async fn refusals_of_the_router_are_problems_too() {
    assert_eq!(send(router(), get_request("/nowhere")).await.problem(), "404 not-found");
    let answer = send(router(), request(Method::DELETE, "/fine").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), "405 method-not-allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD");
    let answer = send(router(), post_request("/axum", "nul")).await;
    assert_eq!(answer.problem(), "400 malformed-request");
}

#[tokio::test]
async fn chosen_bodies_are_kept() {
    let answer = send(router(), get_request("/theirs")).await;
    assert_eq!(answer.json(), serde_json::json!({"error": "invalid_client"}));
    let answer = send(router(), get_request("/verbatim")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (404, "as it came"));
}

#[tokio::test]
async fn a_401_names_its_scheme() {
    let answer = send(router(), get_request("/expired")).await;
    assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
}

#[tokio::test]
async fn answers_to_a_person_are_private_unless_the_handler_says_otherwise() {
    let cached =
        |path, caller| async move { send(router(), from(caller, get_request(path))).await.header("cache-control").to_owned() };
    assert_eq!(cached("/fine", user(Role::User)).await, "private, no-store");
    assert_eq!(cached("/fails", user(Role::User)).await, "private, no-store");
    assert_eq!(cached("/fine", anonymous()).await, "");
    assert_eq!(cached("/public", user(Role::User)).await, "public, max-age=60");
}

#[tokio::test]
async fn rendering_twice_changes_nothing() {
    let once = send(router(), get_request("/bad")).await;
    let twice = send(router().layer(render_problems(catalogues())), get_request("/bad")).await;
    assert_eq!(once.body, twice.body);
    assert_eq!(twice.headers.get_all("vary").iter().count(), 1);
}

#[tokio::test]
async fn a_head_request_is_refused_without_panic() {
    let response = router()
        .layer(render_problems(catalogues()))
        .oneshot(request(Method::HEAD, "/fails").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 409);
}
