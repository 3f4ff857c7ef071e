//! What Unleash's SDKs in pages and apps use.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Door, FRONTEND, flag};

fn names(body: &Value) -> Vec<&str> {
    body["toggles"].as_array().unwrap().iter().map(|toggle| toggle["name"].as_str().unwrap()).collect()
}

async fn with_flags() -> Door {
    let door = Door::open().await;
    let constrained = |name: &str, constraint: Value| json!({ "name": name, "enabled": true, "strategies": [{ "name": "default", "constraints": [constraint] }] });
    let variants = json!([{ "name": "blue", "weight": 1, "payload": { "type": "string", "value": "#00f" } }]);
    door.put(
        1,
        json!([
            flag("everybody"),
            { "name": "off", "enabled": false },
            constrained("ann", json!({ "contextName": "userId", "operator": "IN", "values": ["ann"] })),
            constrained("gold", json!({ "contextName": "plan", "operator": "IN", "values": ["gold"] })),
            { "name": "coloured", "enabled": true, "impressionData": true, "strategies": [{ "name": "default" }], "variants": variants },
        ]),
        json!([]),
    );
    door
}

#[tokio::test]
async fn the_context_comes_in_the_query_or_in_the_body() {
    let door = with_flags().await;
    let get = |query: &str| {
        door.app.call(&door.nobody(), Method::GET, &format!("/api/frontend{query}")).header("authorization", FRONTEND)
    };
    let all = get("?userId=ann&properties%5Bplan%5D=gold").send().await;
    assert_eq!((all.status, names(&all.body)), (StatusCode::OK, vec!["ann", "coloured", "everybody", "gold"]));
    assert_eq!(names(&get("?plan=gold").send().await.body), ["coloured", "everybody", "gold"]);
    assert_eq!(names(&get("").send().await.body), ["coloured", "everybody"]);
    let context = json!({ "context": { "userId": "ann", "properties": { "plan": "gold" } } });
    let post =
        door.app.call(&door.nobody(), Method::POST, "/api/frontend").header("authorization", FRONTEND).json(context).send().await;
    assert_eq!(post.body, all.body);
    let coloured = &all.body["toggles"][1];
    let variant = json!({
        "name": "blue", "payload": { "type": "string", "value": "#00f" }, "enabled": true, "feature_enabled": true, "featureEnabled": true,
    });
    assert_eq!((&coloured["enabled"], &coloured["variant"], &coloured["impressionData"]), (&json!(true), &variant, &json!(true)));
    let plain = &all.body["toggles"][2]["variant"];
    assert_eq!(plain, &json!({ "name": "disabled", "enabled": false, "feature_enabled": true, "featureEnabled": true }));
    let tag = all.header("etag").to_owned();
    let again = get("?userId=ann&properties%5Bplan%5D=gold").header("if-none-match", &tag).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn what_is_no_context_is_refused_by_name() {
    let door = with_flags().await;
    for (body, status, field) in [
        ("{", 400, ""),
        ("7", 400, ""),
        (r#"{"context":7}"#, 422, "context"),
        (r#"{"context":{"userId":[]}}"#, 422, "context.userId"),
        (r#"{"context":{"currentTime":"soon"}}"#, 422, "context.currentTime"),
    ] {
        let call = door.app.call(&door.nobody(), Method::POST, "/api/frontend").header("authorization", FRONTEND);
        let answer = call.header("content-type", "application/json").bytes(body).send().await;
        assert_eq!((answer.status.as_u16(), answer.bad_fields().join("")), (status, field.to_owned()), "{body}");
    }
    let query: String = (0..300).map(|number| format!("&p{number}=x")).collect();
    let answer = door
        .app
        .call(&door.nobody(), Method::GET, &format!("/api/frontend?{query}"))
        .header("authorization", FRONTEND)
        .send()
        .await;
    assert_eq!(answer.bad_fields(), ["context.properties"]);
}

#[tokio::test]
async fn pages_register_and_count() {
    let door = with_flags().await;
    let post =
        |path: &str, body: Value| door.app.call(&door.nobody(), Method::POST, path).header("authorization", FRONTEND).json(body);
    assert_eq!(post("/api/frontend/client/register", json!({ "appName": "page" })).send().await.status, StatusCode::OK);
    let bucket = json!({ "start": 0, "stop": 1, "toggles": { "coloured": { "yes": 1, "no": 0, "variants": { "blue": 1 } } } });
    let sent = post("/api/frontend/client/metrics", json!({ "appName": "page", "bucket": bucket })).send().await;
    assert_eq!((sent.status, door.outside.counts.lock()[0].variants.clone()), (StatusCode::OK, vec![("blue".to_owned(), 1)]));
}
