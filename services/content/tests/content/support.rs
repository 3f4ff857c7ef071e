//! What several tests need.

use banyan_kernel::Caller;
use banyan_testkit::{Answer, App, Bench};
use http::StatusCode;
use serde_json::{Value, json};

pub(crate) async fn app(bench: &Bench) -> App {
    bench.app(banyan_content::service()).await
}

/// Makes a thing and gives it as it was answered.
pub(crate) async fn made(app: &App, caller: &Caller, path: &str, body: Value) -> Value {
    let answer = app.post(caller, path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.body
}

pub(crate) async fn entry(app: &App, caller: &Caller, content: &str) -> Value {
    made(app, caller, "/api/v1/content/journal", json!({ "content": content })).await
}

pub(crate) async fn voice(app: &App, caller: &Caller, transcription: &str) -> Value {
    made(app, caller, "/api/v1/content/voice-journal", json!({ "transcription": transcription, "mood": 7 })).await
}

/// `/api/v1/content/journal/<id>` and the like.
pub(crate) fn path_of(kind: &str, thing: &Value) -> String {
    format!("/api/v1/content/{kind}/{}", thing["id"].as_str().unwrap())
}

pub(crate) fn assert_hidden(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(answer.code(), "forbidden");
}

/// A problem without what differs from request to request.
pub(crate) fn bare(answer: Answer) -> Value {
    let mut body = answer.body;
    body["instance"] = Value::Null;
    body["requestId"] = Value::Null;
    body
}
