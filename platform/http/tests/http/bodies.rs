//! Bodies: what is refused, and that every bad field is named.

use axum::routing::post;
use axum::{Extension, Router};
use banyan_http::{Body, BodyLimit, Check, Document, Json, Validate, nullable};
use banyan_kernel::{Timestamp, Uuid};
use http::{Method, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::support::{post as post_request, request, send};

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewGoal {
    #[schema(min_length = 1, max_length = 10)]
    title: String,
    #[schema(minimum = 1, maximum = 5)]
    priority: Option<i64>,
    status: Option<Status>,
    parent_id: Option<Uuid>,
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    extra: Option<Document>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Step {
    text: String,
    done: bool,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Done,
}

impl Validate for NewGoal {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 10).any();
        check.range("priority", self.priority, 1, 5);
        check.text("description", &self.description).length(0, 20).any();
        check.each("steps", &self.steps, |check, step| check.line("text", &step.text).length(1, 5).any());
    }
}

fn router() -> Router {
    let echo = |Body(goal): Body<NewGoal>| async { Json(goal) };
    Router::new().route("/goals", post(echo)).route("/small", post(echo).layer(Extension(BodyLimit(20))))
}

async fn fields(body: Value) -> Vec<String> {
    send(router(), post_request("/goals", body.to_string())).await.bad_fields()
}

async fn problem(body: impl Into<axum::body::Body>) -> String {
    send(router(), post_request("/goals", body)).await.problem()
}

#[tokio::test]
async fn a_good_body_arrives() {
    let answer =
        send(router(), post_request("/goals", r#"{"title":"Run","steps":[{"text":"go","done":true}],"description":null}"#)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["title"], "Run");
    assert_eq!(answer.json()["steps"][0]["done"], true);
}

#[tokio::test]
async fn null_clears_and_absence_does_not() {
    let parse = |text| serde_json::from_str::<NewGoal>(text).unwrap().description;
    assert_eq!(parse(r#"{"title":"a"}"#), None);
    assert_eq!(parse(r#"{"title":"a","description":null}"#), Some(None));
    assert_eq!(parse(r#"{"title":"a","description":"b"}"#), Some(Some("b".to_owned())));
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let body = json!({
        "title": 5, "priority": "high", "status": "paused", "parentId": "x", "dueAt": "tomorrow",
        "steps": [{"text": "go"}, {"done": "no", "text": "go", "more": 1}], "colour": "red",
    });
    let mut found = fields(body).await;
    found.sort();
    let expected = [
        "colour unknown",
        "dueAt invalid-timestamp",
        "parentId invalid-uuid",
        "priority wrong-type",
        "status not-one-of",
        "steps[0].done required",
        "steps[1].done wrong-type",
        "steps[1].more unknown",
        "title wrong-type",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_list_is_no_object_although_serde_takes_it_for_one() {
    assert_eq!(fields(json!([])).await, ["body wrong-type"]);
    assert_eq!(fields(json!(["Run", null, null, null, null, [], null, null])).await, ["body wrong-type"]);
    assert_eq!(fields(json!({"title": "Run", "steps": [["go", true]]})).await, ["steps[0] wrong-type"]);
    let within = json!({"title": "[Run]", "steps": [{"text": "go", "done": true}], "extra": {"of": [["any"], {"shape": []}]}});
    assert_eq!(send(router(), post_request("/goals", within.to_string())).await.status, 200);
}

/// Each of these was once answered after minutes, or took all memory: the work must not grow with the square of what was sent.
#[tokio::test]
async fn ever_so_many_mistakes_are_one_refusal() {
    let long_names = (0..100).fold("1".to_owned(), |inner, _| format!("{{\"{}\":{inner}}}", "k".repeat(64)));
    let deep = |inner: &str| long_names.replace(":1}", &format!(":{inner}}}"));
    let members: String = (0..60_000).map(|at| format!("\"x{at}\":1,")).collect();
    for body in [
        json!({"title": "Run", "steps": vec![json!({}); 200_000]}).to_string(),
        json!({"title": "Run", "steps": vec!["x"; 200_000]}).to_string(),
        format!("{{{members}\"title\":\"Run\"}}"),
        format!("{{{}\"title\":\"Run\"}}", "\"title\":1,".repeat(80_000)),
        deep(&format!("{{{}\"a\":1}}", "\"a\":1,".repeat(120_000))),
        deep(&format!("[{}1]", "1,".repeat(400_000))),
        format!("{{\"title\":\"Run\",\"extra\":{}}}", deep(&format!("[{}1]", "\"\\u0000\",".repeat(90_000)))),
    ] {
        assert!(body.len() < 1 << 20, "{}", body.len());
        let answer = send(router(), post_request("/goals", body)).await;
        assert_eq!(answer.status, 422);
        let named = answer.bad_fields().len();
        assert!((1..=100).contains(&named), "{named} fields are named");
    }
}

#[tokio::test]
async fn shapes_and_lengths_are_named_together() {
    assert_eq!(
        fields(json!({"title": "much too long", "priority": 9, "steps": 1})).await,
        ["priority out-of-range", "steps wrong-type", "title too-long"]
    );
}

#[tokio::test]
async fn rules_are_checked_after_the_shape() {
    let body =
        json!({"title": " ", "priority": 0, "steps": [{"text": "ok", "done": true}, {"text": "far too long", "done": true}]});
    assert_eq!(fields(body).await, ["title blank", "priority out-of-range", "steps[1].text too-long"]);
}

#[tokio::test]
async fn what_is_missing_or_of_another_kind_is_named() {
    assert_eq!(fields(json!({})).await, ["title required"]);
    for body in [json!([]), json!("x"), json!(1), json!(null)] {
        assert_eq!(fields(body.clone()).await, ["body wrong-type"], "{body}");
    }
    assert_eq!(fields(json!({"title": null})).await, ["title wrong-type"]);
    assert_eq!(fields(json!({"title": "a", "priority": 1.5})).await, ["priority wrong-type"]);
    assert_eq!(fields(json!({"title": "a", "priority": 1e300})).await, ["priority wrong-type"]);
}

#[tokio::test]
async fn repeated_keys_are_refused_at_every_depth() {
    let found = |text: &'static str| async move { send(router(), post_request("/goals", text)).await.bad_fields() };
    assert_eq!(found(r#"{"title":"a","title":"b"}"#).await, ["title duplicate"]);
    assert_eq!(found(r#"{"title":"a","steps":[{"text":"a","text":"b","done":true}]}"#).await, ["steps[0].text duplicate"]);
    assert_eq!(found(r#"{"title":"a","extra":{"x":{"y":1,"y":2}}}"#).await, ["extra.x.y duplicate"]);
}

#[tokio::test]
async fn malformed_json_is_told_with_its_place() {
    let answer = send(router(), post_request("/goals", "{\n  \"title\": secret\n}")).await;
    assert_eq!(answer.problem(), "400 malformed-body");
    assert_eq!((&answer.json()["line"], &answer.json()["column"]), (&json!(2), &json!(12)));
    assert!(!answer.text().contains("secret"));
    for body in [
        "",
        "{",
        "nul",
        "{\"title\":\"a\"} x",
        "{\"title\":\"a\",}",
        "{\"title\":\"\\ud800\"}",
        "{\"title\":\"a\u{1}\"}",
        "\u{feff}{}",
        "{'title':1}",
    ] {
        assert_eq!(problem(body).await, "400 malformed-body", "{body:?}");
    }
}

#[tokio::test]
async fn a_syntax_error_wins_over_a_wrong_field() {
    assert_eq!(problem(r#"{"colour":1,"title":}"#).await, "400 malformed-body");
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_refused() {
    let answer = send(router(), post_request("/goals", b"{\"title\":\"\xff\"}".to_vec())).await;
    assert_eq!(answer.problem(), "400 malformed-body");
    assert!(answer.json()["detail"].as_str().unwrap().contains("after 10 bytes"), "{}", answer.text());
}

#[tokio::test]
async fn nesting_is_bounded() {
    let deep = |depth: usize| format!("{{\"title\":\"a\",\"extra\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(problem(deep(100_000)).await, "400 malformed-body");
    assert_eq!(problem(deep(128)).await, "400 malformed-body");
    let answer = send(router(), post_request("/goals", deep(100))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(problem("[".repeat(1 << 19)).await, "400 malformed-body");
}

#[tokio::test]
async fn zeros_are_refused_wherever_they_stand() {
    let found = |text: &'static str| async move { send(router(), post_request("/goals", text)).await.bad_fields() };
    assert_eq!(found(r#"{"title":"a\u0000"}"#).await, ["title control-characters"]);
    assert_eq!(found(r#"{"title":"a","extra":{"x":["\u0000"]}}"#).await, ["extra.x[0] control-characters"]);
    let answer = send(router(), post_request("/goals", r#"{"title":"\\u0000"}"#)).await;
    assert_eq!(answer.status, 200, "a backslash and six characters");
}

#[tokio::test]
async fn other_media_types_are_refused() {
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
        let sent = request(Method::POST, "/goals").header("content-type", kind).body("{}".into()).unwrap();
        assert_eq!(send(router(), sent).await.problem(), "415 unsupported-media-type", "{kind}");
    }
    let sent = request(Method::POST, "/goals").body("{}".into()).unwrap();
    assert_eq!(send(router(), sent).await.problem(), "415 unsupported-media-type");
}

#[tokio::test]
async fn large_bodies_are_refused_whether_they_say_their_length_or_not() {
    let large = format!("{{\"title\":\"{}\"}}", "a".repeat(10 << 20));
    let mut told = post_request("/goals", large.clone());
    told.headers_mut().insert("content-length", large.len().into());
    assert_eq!(send(router(), told).await.problem(), "413 payload-too-large");
    assert_eq!(problem(large).await, "413 payload-too-large");
    let answer = send(router(), post_request("/small", r#"{"title":"a","priority":1}"#)).await;
    assert_eq!(answer.problem(), "413 payload-too-large");
    assert!(answer.json()["detail"].as_str().unwrap().contains("20 bytes"));
}

#[tokio::test]
async fn a_broken_stream_is_a_bad_request() {
    let broken = futures_util::stream::iter([Ok("{".to_owned()), Err(std::io::Error::other("gone"))]);
    let sent: Request<_> = post_request("/goals", axum::body::Body::from_stream(broken));
    assert_eq!(send(router(), sent).await.problem(), "400 malformed-request");
}

#[tokio::test]
async fn names_that_were_sent_are_cut_and_values_never_shown() {
    let long = "n".repeat(500);
    let answer =
        send(router(), post_request("/goals", format!(r#"{{"title":"a","{long}":"hunter2","priority":"hunter2"}}"#))).await;
    assert!(!answer.text().contains("hunter2"));
    assert!(!answer.text().contains(&"n".repeat(65)));
    assert_eq!(answer.bad_fields().len(), 2);
}
