//! What Unleash's SDKs on servers use.

use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{ADMIN, CLIENT, Door, FRONTEND, SHOP, flag};

const FEATURES: &str = "/api/client/features";

#[tokio::test]
async fn the_flags_come_with_a_tag_and_not_again_while_they_are_the_same() {
    let door = Door::open().await;
    let segment = json!({ "id": 1, "constraints": [{ "contextName": "plan", "operator": "IN", "values": ["gold"] }] });
    let gold = json!({ "name": "gold", "enabled": true, "strategies": [{ "name": "default", "segments": [1] }] });
    door.put(7, json!([flag("a"), gold]), json!([segment]));
    let ask = |spec: Option<&str>, tag: Option<&str>| {
        let call = door.app.call(&door.nobody(), Method::GET, FEATURES).header("authorization", CLIENT);
        let call = spec.into_iter().fold(call, |call, spec| call.header("unleash-client-spec", spec));
        tag.into_iter().fold(call, |call, tag| call.header("if-none-match", tag))
    };
    let first = ask(Some("5.2.0"), None).send().await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!((&first.body["version"], &first.body["meta"]["revisionId"]), (&json!(2), &json!(7)));
    assert_eq!((first.body["features"].as_array().unwrap().len(), &first.body["segments"][0]["id"]), (2, &json!(1)));
    assert!(first.header("content-type").starts_with("application/json"));
    let tag = first.header("etag").to_owned();
    assert_eq!(first.body["meta"]["etag"], tag);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let again = ask(Some("5.2.0"), Some(&known)).send().await;
        assert_eq!(
            (again.status, again.body, again.headers["etag"].to_str().unwrap()),
            (StatusCode::NOT_MODIFIED, Value::Null, &*tag)
        );
    }
    // An SDK that knows no segments has another document, and so another tag.
    let old = ask(Some("4.1.0"), Some(&tag)).send().await;
    assert_eq!((old.status, old.body.get("segments")), (StatusCode::OK, None));
    assert_eq!(old.body["features"][1]["strategies"][0]["constraints"][0]["contextName"], "plan");
    assert_eq!(ask(Some("soon"), None).send().await.status, StatusCode::UNPROCESSABLE_ENTITY);
    door.put(8, json!([flag("a")]), json!([]));
    assert_eq!(ask(Some("5.2.0"), Some(&tag)).send().await.body["features"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tokens_open_what_is_theirs_and_nothing_else() {
    let door = Door::open().await;
    let mut shop = flag("shop.new-cart");
    shop["project"] = json!("shop");
    door.put(1, json!([flag("a"), shop]), json!([]));
    let ask = |path: &str, token: Option<&str>| {
        let call = door.app.call(&door.nobody(), Method::GET, path);
        token.into_iter().fold(call, |call, token| call.header("authorization", token))
    };
    for (token, status, code) in [
        (None, 401, "unauthenticated"),
        (Some("nonsense"), 401, "invalid-token"),
        (Some("Bearer nonsense"), 401, "invalid-token"),
        (Some("*:development.clienT"), 401, "invalid-token"),
        (Some(FRONTEND), 403, "forbidden"),
    ] {
        for path in [FEATURES, "/api/client/features/a", "/api/client/delta", "/api/client/streaming"] {
            let refused = ask(path, token).send().await;
            assert_eq!((refused.status.as_u16(), refused.code()), (status, code), "{token:?} {path}");
        }
    }
    for (path, token) in [("/api/frontend", CLIENT), ("/api/frontend", SHOP)] {
        assert_eq!(ask(path, Some(token)).send().await.status, StatusCode::FORBIDDEN);
    }
    let names = |body: &Value| {
        body["features"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&ask(FEATURES, Some(SHOP)).send().await.body), ["shop.new-cart"]);
    assert_eq!(names(&ask("/api/client/features?project=default", Some(SHOP)).send().await.body), ["shop.new-cart"]);
    assert_eq!(names(&ask("/api/client/features?project=default", Some(CLIENT)).send().await.body), ["a"]);
    assert_eq!(names(&ask("/api/client/features?namePrefix=shop.", Some(CLIENT)).send().await.body), ["shop.new-cart"]);
    assert_eq!(names(&ask(FEATURES, Some(ADMIN)).send().await.body), ["a", "shop.new-cart"]);
    assert_eq!(names(&ask("/api/client/features?environment=production", Some(ADMIN)).send().await.body), [""; 0]);
    assert_eq!(ask("/api/client/features/a", Some(SHOP)).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask("/api/client/features/shop.new-cart", Some(SHOP)).send().await.body["name"], "shop.new-cart");
    // The request names a tenant that is not the token's.
    let elsewhere = door.bench.in_other_tenant(&door.bench.user());
    let refused =
        door.app.call(&elsewhere, Method::GET, FEATURES).header("authorization", CLIENT).header("x-tenant", "other").send().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "tenant-mismatch"));
}

#[tokio::test]
async fn changes_come_alone() {
    let door = Door::open().await;
    let ask = |tag: Option<String>| {
        let call = door.app.call(&door.nobody(), Method::GET, "/api/client/delta").header("authorization", CLIENT);
        tag.into_iter().fold(call, |call, tag| call.header("if-none-match", &tag))
    };
    assert_eq!(ask(None).send().await.body["events"][0]["type"], "hydration");
    door.put(3, json!([flag("a"), flag("b")]), json!([]));
    let all = ask(None).send().await;
    assert_eq!((&all.body["events"][0]["type"], all.header("etag")), (&json!("hydration"), "\"3\""));
    assert_eq!(ask(Some("\"3\"".into())).send().await.status, StatusCode::NOT_MODIFIED);
    door.put(4, json!([flag("b")]), json!([]));
    let news = ask(Some("\"3\"".into())).send().await;
    let gone = json!({ "type": "feature-removed", "eventId": 4, "featureName": "a", "project": "default" });
    assert_eq!((news.body, news.headers["etag"].to_str().unwrap()), (json!({ "events": [gone] }), "\"4\""));
}

#[tokio::test]
async fn a_stream_tells_of_each_change_until_the_token_is_revoked() {
    let door = Door::open().await;
    door.put(1, json!([flag("a")]), json!([]));
    let router = banyan_flags::service().router(&door.app.host);
    let mut request = http::Request::new(axum::body::Body::empty());
    *request.uri_mut() = "/api/client/streaming".parse().unwrap();
    request.headers_mut().insert("authorization", CLIENT.parse().unwrap());
    request.headers_mut().insert("unleash-client-spec", "5.2.0".parse().unwrap());
    let response = router.oneshot(request).await.unwrap();
    assert_eq!((response.status(), &response.headers()["content-type"]), (StatusCode::OK, &"text/event-stream".parse().unwrap()));
    let mut stream = response.into_body().into_data_stream();
    let mut seen = String::new();
    let mut wait_for = async |text: &str| {
        let waiting = async {
            while !seen.contains(text) {
                let chunk = stream.next().await?.ok()?;
                seen.push_str(std::str::from_utf8(&chunk).unwrap());
            }
            Some(std::mem::take(&mut seen))
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("it comes in time")
    };
    let first = wait_for("\n\n").await.unwrap();
    assert!(first.contains("event: unleash-connected") && first.contains("id: 1") && first.contains("hydration"), "{first}");
    door.put(2, json!([flag("a"), flag("b")]), json!([]));
    let second = wait_for("\n\n").await.unwrap();
    assert!(
        second.contains("event: unleash-updated") && second.contains("id: 2") && second.contains("feature-updated"),
        "{second}"
    );
    door.outside.revoked.lock().push(CLIENT.to_owned());
    assert_eq!(wait_for("no such text").await, None, "the stream ends");
}

#[tokio::test]
async fn programs_register_and_what_they_count_is_taken_in() {
    let door = Door::open().await;
    let variants = json!([{ "name": "red", "weight": 1 }]);
    door.put(
        1,
        json!([{ "name": "a", "enabled": true, "strategies": [{ "name": "default" }], "variants": variants }]),
        json!([]),
    );
    let post =
        |path: &str, body: Value| door.app.call(&door.nobody(), Method::POST, path).header("authorization", CLIENT).json(body);
    let program = json!({
        "appName": "shop", "instanceId": "i-1", "sdkVersion": "unleash-node-sdk:6.12.1", "strategies": ["default"],
        "started": "2024-01-15T10:00:00Z", "interval": 10000, "platformName": "node",
    });
    let registered = post("/api/client/register", program).send().await;
    assert_eq!((registered.status, registered.header("x-unleash-version")), (StatusCode::ACCEPTED, "7.5.1"));
    let toggles = json!({
        "a": { "yes": 3, "no": 1, "variants": { "red": 2, "made-up": 9 } },
        "made-up": { "yes": 1, "no": 0, "variants": {} },
    });
    let bucket = json!({ "start": "2024-01-15T10:00:00Z", "stop": "2024-01-15T10:01:00Z", "toggles": toggles });
    let sent = post("/api/client/metrics", json!({ "appName": "shop", "instanceId": "i-1", "bucket": bucket })).send().await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let lines = json!([
        { "featureName": "a", "appName": "shop", "environment": "development", "yes": 5, "no": null },
        { "featureName": "a", "appName": "shop", "environment": "production", "yes": 100, "no": 0 },
    ]);
    let applications =
        json!([{ "appName": "edge", "instanceId": "e", "interval": 1, "started": "2024-01-15T10:00:00Z", "strategies": [] }]);
    let sent = post("/api/client/metrics/bulk", json!({ "applications": applications, "metrics": lines })).send().await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let counts = std::mem::take(&mut *door.outside.counts.lock());
    let told: Vec<_> = counts.iter().map(|count| (count.flag.as_str(), count.yes, count.no, count.variants.clone())).collect();
    assert_eq!(told, [("a", 3, 1, vec![("red".to_owned(), 2)]), ("a", 5, 0, vec![])]);
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let door = Door::open().await;
    door.put(1, json!([flag("a")]), json!([]));
    let metrics = "/api/client/metrics";
    for (path, body, status) in [
        (metrics, "{", 400),
        (metrics, "[]", 400),
        (metrics, r#"{"bucket":{}}"#, 400),
        (metrics, r#"{"appName":"a","bucket":{"toggles":{"a":{"yes":-1}}}}"#, 400),
        (metrics, r#"{"appName":"a","bucket":{"toggles":{"a":{"yes":"many"}}}}"#, 400),
        (metrics, r#"{"appName":"","bucket":{"toggles":{}}}"#, 422),
        ("/api/client/register", "{}", 400),
        ("/api/client/metrics/bulk", r#"{"applications":7}"#, 400),
    ] {
        let call = door.app.call(&door.nobody(), Method::POST, path).header("authorization", CLIENT);
        let answer = call.header("content-type", "application/json").bytes(body).send().await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.body);
    }
    let toggles: serde_json::Map<String, Value> = (0..10_001).map(|number| (format!("f{number}"), json!({}))).collect();
    let report = json!({ "appName": "a", "bucket": { "toggles": toggles } });
    let call = door.app.call(&door.nobody(), Method::POST, metrics).header("authorization", CLIENT);
    let answer = call.json(report).send().await;
    assert_eq!((answer.status.as_u16(), answer.bad_fields()), (422, vec!["bucket.toggles".to_owned()]));
    assert!(door.outside.counts.lock().is_empty());
}

#[tokio::test]
async fn flags_that_are_not_known_yet_are_not_told_to_be_none() {
    let door = Door::without_flags().await;
    for (method, path, token, status) in [
        (Method::GET, FEATURES, CLIENT, 503),
        (Method::GET, "/api/client/features/a", CLIENT, 503),
        (Method::GET, "/api/client/delta", CLIENT, 503),
        (Method::GET, "/api/client/streaming", CLIENT, 503),
        (Method::GET, "/api/frontend", FRONTEND, 503),
        (Method::POST, "/ofrep/v1/evaluate/flags", FRONTEND, 500),
        (Method::POST, "/ofrep/v1/evaluate/flags/a", FRONTEND, 500),
    ] {
        let answer = door.app.call(&door.nobody(), method, path).header("authorization", token).send().await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn administrators_see_which_programs_ask() {
    let door = Door::open().await;
    let program = json!({ "appName": "shop", "sdkVersion": "unleash-node-sdk:6.12.1" });
    door.app
        .call(&door.nobody(), Method::POST, "/api/client/register")
        .header("authorization", CLIENT)
        .json(program)
        .send()
        .await;
    let path = "/api/v1/admin/flag-clients";
    let shown = door.app.get(&door.bench.with_role(banyan_kernel::Role::Admin), path).await;
    let expected = json!({
        "appName": "shop", "environment": "development", "sdk": "unleash-node-sdk:6.12.1", "lastSeen": "2024-01-15T10:00:00Z",
    });
    assert_eq!(shown.body, json!({ "data": [expected] }));
    assert_eq!(door.app.get(&door.bench.user(), path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_environment_that_is_nowhere_is_not_waited_for() {
    let door = Door::open().await;
    door.put(1, json!([flag("a")]), json!([]));
    let ask = |path: &str| door.app.call(&door.nobody(), Method::GET, path).header("authorization", ADMIN);
    assert_eq!(ask("/api/client/streaming?environment=nowhere").send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask("/api/client/features?environment=nowhere").send().await.body["features"], json!([]));
    assert_eq!(door.features.known().len(), 1);
    let program = json!({ "appName": "a", "instanceId": "i" });
    let bulk = json!({ "applications": vec![program; 501], "metrics": [] });
    let call = door.app.call(&door.nobody(), Method::POST, "/api/client/metrics/bulk").header("authorization", ADMIN);
    assert_eq!(call.json(bulk).send().await.bad_fields(), ["applications"]);
}
