//! Answers of handlers.

use axum::Router;
use axum::routing::get;
use banyan_http::{Created, NoContent};
use serde_json::json;

use crate::support::{get as get_request, send};

#[tokio::test]
async fn created_things_say_where_they_are() {
    let router = Router::new().route("/", get(|| async { Created::at("/api/v1/goals/1", json!({"id": 1})) }));
    let answer = send(router, get_request("/")).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (201, "/api/v1/goals/1"));
    assert_eq!(answer.json(), json!({"id": 1}));
}

#[tokio::test]
async fn a_location_that_is_none_is_our_mistake() {
    let router = Router::new().route("/", get(|| async { Created::at("/a\nb", json!({})) }));
    assert_eq!(send(router, get_request("/")).await.problem(), "500 internal");
}

#[tokio::test]
async fn nothing_is_sent_where_nothing_is() {
    let router = Router::new().route("/", get(|| async { NoContent }));
    let answer = send(router, get_request("/")).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
}
