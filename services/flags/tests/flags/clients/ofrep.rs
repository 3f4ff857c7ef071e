//! What OpenFeature's providers use.

use banyan_testkit::Answer;
use http::Method;
use http::StatusCode;
use serde_json::{Value, json};

use super::{CLIENT, Door, FRONTEND, SHOP, flag};

const ALL: &str = "/ofrep/v1/evaluate/flags";

async fn with_flags() -> Door {
    let door = Door::open().await;
    let valued = |name: &str, kind: &str, value: &str, on: bool| {
        let variants = json!([{ "name": "the-one", "weight": 1, "payload": { "type": kind, "value": value } }]);
        json!({ "name": name, "enabled": on, "strategies": [{ "name": "default" }], "variants": variants })
    };
    let parameters = json!({ "rollout": "50", "stickiness": "userId", "groupId": "by-user" });
    let mut shop = flag("shop");
    shop["project"] = json!("shop");
    door.put(
        9,
        json!([
            flag("plain"), { "name": "off", "enabled": false }, shop,
            valued("text", "string", "blue", true), valued("number", "number", "1.5", true), valued("json", "json", "{\"a\":1}", true),
            valued("broken", "json", "{", true), valued("silent", "string", "blue", false),
            { "name": "by-user", "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": parameters }] },
        ]),
        json!([]),
    );
    door
}

async fn ask(door: &Door, token: &str, path: &str, body: &str) -> Answer {
    let call = door.app.call(&door.nobody(), Method::POST, path).header("authorization", token);
    call.header("content-type", "application/json").bytes(body).send().await
}

async fn one(door: &Door, key: &str, body: &str) -> Answer {
    ask(door, CLIENT, &format!("{ALL}/{key}"), body).await
}

#[tokio::test]
async fn a_value_comes_with_its_reason_and_variant() {
    let door = with_flags().await;
    let ann = r#"{"context":{"targetingKey":"ann"}}"#;
    for (key, value, reason, variant) in [
        ("plain", json!(true), "STATIC", "enabled"),
        ("off", json!(false), "DISABLED", "disabled"),
        ("text", json!("blue"), "STATIC", "the-one"),
        ("number", json!(1.5), "STATIC", "the-one"),
        ("json", json!({ "a": 1 }), "STATIC", "the-one"),
        // The program's own default counts.
        ("silent", Value::Null, "DISABLED", "disabled"),
    ] {
        let answer = one(&door, key, ann).await;
        let body = &answer.body;
        assert_eq!((answer.status, &body["key"], &body["value"]), (StatusCode::OK, &json!(key), &value), "{key}");
        assert_eq!((&body["reason"], &body["variant"]), (&json!(reason), &json!(variant)), "{key}");
        assert_eq!((&body["metadata"]["environment"], &body["metadata"]["revision"]), (&json!("development"), &json!(9)));
    }
    assert!(one(&door, "silent", ann).await.body.get("value").is_none());
    let by_user = one(&door, "by-user", ann).await.body;
    assert_eq!((by_user["value"].is_boolean(), by_user["reason"] == "SPLIT" || by_user["reason"] == "DEFAULT"), (true, true));
    let counted: u64 = door.features.take_counts().iter().map(|count| count.yes + count.no).sum();
    assert_eq!(counted, 8);
}

#[tokio::test]
async fn every_fault_has_its_code() {
    let door = with_flags().await;
    for (key, body, status, code) in [
        ("plain", "{", 400, "PARSE_ERROR"),
        ("plain", "[]", 400, "PARSE_ERROR"),
        ("broken", "{}", 400, "PARSE_ERROR"),
        ("by-user", "{}", 400, "TARGETING_KEY_MISSING"),
        ("plain", r#"{"context":7}"#, 400, "INVALID_CONTEXT"),
        ("plain", r#"{"context":{"targetingKey":7}}"#, 400, "INVALID_CONTEXT"),
        ("plain", r#"{"context":{"a":{}}}"#, 400, "INVALID_CONTEXT"),
        ("plain", r#"{"context":{"currentTime":"soon"}}"#, 400, "INVALID_CONTEXT"),
        ("none", "{}", 404, "FLAG_NOT_FOUND"),
    ] {
        let answer = one(&door, key, body).await;
        let found = (answer.status.as_u16(), &answer.body["errorCode"], &answer.body["key"]);
        assert_eq!(found, (status, &json!(code), &json!(key)), "{key} {body}");
        assert!(answer.body["errorDetails"].as_str().is_some_and(|details| details.len() > 10), "{}", answer.body);
    }
    let call = door.app.call(&door.nobody(), Method::POST, &format!("{ALL}/none")).header("authorization", CLIENT);
    let indonesian = call.header("accept-language", "id-ID").send().await;
    assert_eq!(
        (indonesian.body["errorDetails"].as_str(), indonesian.header("content-language")),
        (Some("Tidak ada flag none."), "id-ID")
    );
    for (token, status) in [("", 401), ("Bearer nonsense", 401)] {
        let refused = ask(&door, token, ALL, "{}").await;
        assert_eq!(refused.status.as_u16(), status);
    }
    assert_eq!(ask(&door, SHOP, &format!("{ALL}/plain"), "{}").await.body["errorCode"], "FLAG_NOT_FOUND", "of another project");
    assert_eq!(ask(&door, CLIENT, ALL, r#"{"context":[]}"#).await.body["errorCode"], "INVALID_CONTEXT");
}

#[tokio::test]
async fn all_values_come_with_a_tag() {
    let door = with_flags().await;
    let ann = r#"{"context":{"targetingKey":"ann"}}"#;
    let first = ask(&door, FRONTEND, ALL, ann).await;
    let flags = first.body["flags"].as_array().unwrap();
    assert_eq!(flags.len(), 9);
    let of = |key: &str| flags.iter().find(|one| one["key"] == key).unwrap();
    assert_eq!((&of("text")["value"], &of("broken")["errorCode"]), (&json!("blue"), &json!("PARSE_ERROR")));
    assert!(flags.iter().all(|one| one.get("errorCode").is_some() || one["reason"].is_string() && one["variant"].is_string()));
    let tag = first.header("etag").to_owned();
    let call = || door.app.call(&door.nobody(), Method::POST, ALL).header("x-api-key", FRONTEND).header("if-none-match", &tag);
    assert_eq!(call().bytes(ann).send().await.status, StatusCode::NOT_MODIFIED);
    door.put(10, json!([flag("plain")]), json!([]));
    assert_eq!(call().bytes(ann).send().await.body["flags"].as_array().unwrap().len(), 1);
    let nobody = ask(&door, FRONTEND, ALL, "").await;
    assert_eq!(nobody.status, StatusCode::OK);
}
