//! Entity tags over HTTP.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use banyan_http::{ETag, Json, Preconditions, Problem, Tagged};
use banyan_kernel::{Timestamp, Uuid};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{Answer, request, send};

fn tag() -> ETag {
    ETag::of_version(Uuid::from_u128(3), Timestamp::from_micros(77))
}

async fn read(conditions: Preconditions) -> Tagged<Value> {
    conditions.answer(tag(), || json!({"title": "Run"}))
}

async fn change(conditions: Preconditions) -> Result<Json<Value>, Problem> {
    conditions.require(&tag())?;
    Ok(Json(json!({"changed": true})))
}

async fn ask(method: Method, header: &str, value: &str) -> Answer {
    let mut asked: Request<Body> = request(method, "/").body(Body::empty()).unwrap();
    if !header.is_empty() {
        asked.headers_mut().insert(http::HeaderName::try_from(header).unwrap(), value.parse().unwrap());
    }
    send(Router::new().route("/", get(read).patch(change)), asked).await
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let fresh = ask(Method::GET, "", "").await;
    assert_eq!(fresh.json(), json!({"title": "Run"}));
    let known = fresh.header("etag").to_owned();
    assert_eq!(known, tag().as_str());
    let again = ask(Method::GET, "if-none-match", &known).await;
    assert_eq!((again.status.as_u16(), again.body.len(), again.header("etag")), (304, 0, known.as_str()));
    assert_eq!(ask(Method::GET, "if-none-match", "\"old\"").await.status, 200);
}

#[tokio::test]
async fn changes_name_the_state_that_they_are_meant_for() {
    assert_eq!(ask(Method::PATCH, "if-match", tag().as_str()).await.status, 200);
    assert_eq!(ask(Method::PATCH, "", "").await.problem(), "428 precondition-required");
    assert_eq!(ask(Method::PATCH, "if-match", "\"old\"").await.problem(), "412 precondition-failed");
    assert_eq!(ask(Method::PATCH, "if-match", "old").await.bad_fields(), ["if-match invalid-pattern"]);
}
