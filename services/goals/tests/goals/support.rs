//! What several tests need.

use banyan_kernel::Caller;
use banyan_testkit::{Answer, App, Bench};
use http::StatusCode;
use serde_json::{Value, json};

pub(crate) async fn app(bench: &Bench) -> App {
    bench.app(banyan_goals::service()).await
}

/// Makes a thing and gives it as it was answered.
pub(crate) async fn made(app: &App, caller: &Caller, path: &str, body: Value) -> Value {
    let answer = app.post(caller, path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.body
}

pub(crate) async fn goal(app: &App, caller: &Caller, title: &str) -> Value {
    made(app, caller, "/api/v1/goals", json!({ "title": title })).await
}

pub(crate) async fn daily_habit(app: &App, caller: &Caller) -> Value {
    let body = json!({ "title": "Read", "schedule": { "type": "daily" }, "timeZone": "Asia/Jakarta" });
    made(app, caller, "/api/v1/habits", body).await
}

/// `/api/v1/goals/<id>` and the like.
pub(crate) fn path_of(kind: &str, thing: &Value) -> String {
    format!("/api/v1/{kind}/{}", thing["id"].as_str().unwrap())
}

/// The 403 that tells nothing, without what differs from request to request.
pub(crate) fn assert_hidden(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(answer.code(), "forbidden");
}

pub(crate) fn titles(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|thing| thing["title"].as_str().unwrap()).collect()
}
