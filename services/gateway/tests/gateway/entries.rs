//! Routes and upstreams over the API: stored, refused, restored, and told to the door.

use banyan_gateway::{DoorLink, Follower};
use banyan_kernel::{Caller, Role};
use banyan_testkit::{Answer, App, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::told::{app, app_with};

const ROUTES: &str = "/api/v1/gateway/routes";
const UPSTREAMS: &str = "/api/v1/gateway/upstreams";

async fn put(app: &App, caller: &Caller, path: &str, definition: Value, tag: Option<&str>) -> Answer {
    let call = app.call(caller, Method::PUT, path).header("x-reason", "a test").json(json!({ "definition": definition }));
    match tag {
        Some(tag) => call.header("if-match", tag).send().await,
        None => call.send().await,
    }
}

async fn remove(app: &App, caller: &Caller, path: &str) -> Answer {
    app.call(caller, Method::DELETE, path).header("if-match", "*").send().await
}

/// An upstream and a route to it; the route's path and tag.
async fn stored(app: &App, caller: &Caller) -> (String, String) {
    let legacy = json!({ "endpoints": ["http://127.0.0.1:4000"] });
    let answer = put(app, caller, &format!("{UPSTREAMS}/legacy"), legacy, None).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let path = format!("{ROUTES}/shop");
    let answer = put(app, caller, &path, json!({ "path": "/shop", "upstream": "legacy" }), None).await;
    assert_eq!((answer.status, &answer.body["state"]), (StatusCode::CREATED, &json!("serving")), "{answer:?}");
    let tag = answer.header("etag").to_owned();
    assert!(!tag.is_empty());
    (path, tag)
}

on_both_engines! {
    async fn a_route_is_stored_changed_removed_and_restored(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let (path, tag) = stored(&app, &caller).await;
        assert_eq!(told.names(), ["shop", "legacy"]);
        let changed = put(&app, &caller, &path, json!({ "path": "/store", "upstream": "legacy" }), Some(&tag)).await;
        assert_eq!((changed.status, &changed.body["version"], &changed.body["why"]), (StatusCode::OK, &json!(2), &json!("a test")));
        assert_eq!(told.entries.lock()[0].definition["path"], "/store");
        assert_eq!(app.get(&caller, &path).await.header("etag"), changed.header("etag"));
        assert_eq!(app.get(&caller, ROUTES).await.body["data"][0]["definition"]["path"], "/store");
        assert_eq!(remove(&app, &caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(told.names(), ["legacy"]);
        assert_eq!(app.get(&caller, &path).await.status, StatusCode::FORBIDDEN, "as a row that never was");
        let versions = app.get(&caller, &format!("{path}/versions?limit=2")).await;
        assert_eq!((&versions.body["pagination"]["total"], &versions.body["data"][0]["act"]), (&json!(3), &json!("removed")), "{versions:?}");
        let restore_path = format!("{path}/restore");
        let restore = |version: i64| app.post(&caller, &restore_path, json!({ "version": version }));
        assert_eq!(restore(3).await.bad_fields(), ["version"], "a removal cannot come back");
        assert_eq!(restore(9).await.bad_fields(), ["version"]);
        let restored = restore(1).await;
        assert_eq!((restored.status, &restored.body["version"]), (StatusCode::OK, &json!(4)), "{restored:?}");
        assert_eq!((&restored.body["definition"]["path"], told.names().len()), (&json!("/shop"), 2));
        assert_ne!(restored.header("etag"), tag, "another life has other tags");
        let audit = app.get(&caller, "/api/v1/admin/gateway/audit?limit=100").await;
        let actions: Vec<&str> = audit.body["data"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
        for action in ["gateway.upstream.put", "gateway.route.put", "gateway.route.removed", "gateway.route.restored"] {
            assert!(actions.contains(&action), "{action}: {actions:?}");
        }
        assert!(audit.body.to_string().contains("a test"), "{audit:?}");
    }

    async fn of_two_operators_the_second_is_told(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let (path, tag) = stored(&app, &caller).await;
        let other = || json!({ "path": "/other", "upstream": "legacy" });
        assert_eq!(put(&app, &caller, &path, other(), None).await.status, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::PRECONDITION_REQUIRED);
        let (one, two) = tokio::join!(put(&app, &caller, &path, other(), Some(&tag)), put(&app, &caller, &path, other(), Some(&tag)));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let new = put(&app, &caller, &format!("{ROUTES}/new"), other(), Some("*")).await;
        assert_eq!(new.status, StatusCode::PRECONDITION_FAILED, "nothing is there that it could mean");
        assert_eq!(told.names(), ["shop", "legacy"]);
    }

    async fn what_the_door_would_not_take_changes_nothing(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let (path, tag) = stored(&app, &caller).await;
        let bad = put(&app, &caller, &path, json!({ "path": "/shop", "bad": 1 }), Some(&tag)).await;
        assert_eq!(bad.bad_fields(), ["definition.bad"], "{bad:?}");
        let error = &bad.body["errors"][0];
        assert_eq!((&error["code"], &error["message"]), (&json!("unknown-key"), &json!("There is no such key here. Remove it; known here: path, service.")), "{bad:?}");
        let bad = app.call(&caller, Method::PUT, &path).header("if-match", &tag).header("accept-language", "id-ID")
            .json(json!({ "definition": { "path": "/shop", "bad": 1 } })).send().await;
        let message = bad.body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message, "Kunci ini tidak dikenal di sini. Hapus kunci ini; yang dikenal: path, service.");
        let nobody = put(&app, &caller, &format!("{ROUTES}/b"), json!({ "path": "/b", "upstream": "gone" }), None).await;
        assert_eq!(nobody.bad_fields(), ["definition.upstream"]);
        let used = remove(&app, &caller, &format!("{UPSTREAMS}/legacy")).await;
        assert_eq!((used.status, &used.body["faults"][0]["name"]), (StatusCode::CONFLICT, &json!("shop")), "{used:?}");
        assert_eq!((told.names().len(), app.get(&caller, &path).await.header("etag")), (2, tag.as_str()));
        let proposal = json!({ "routes": { "x": { "bad": 1 }, "y": { "path": "/y", "upstream": "new" } }, "upstreams": { "new": {} } });
        let verdict = app.post(&caller, &format!("{ROUTES}/check"), proposal).await;
        let fault = &verdict.body["faults"][0];
        assert_eq!((&fault["code"], &fault["reason"]), (&json!("unknown-key"), &json!("is not known here")), "{verdict:?}");
        assert!(fault["message"].as_str().unwrap().starts_with("There is no such key here."), "{verdict:?}");
        assert_eq!((&verdict.body["good"], verdict.body["faults"].as_array().unwrap().len()), (&json!(false), 1), "{verdict:?}");
        assert_eq!(app.post(&caller, &format!("{ROUTES}/check"), json!({})).await.body["good"], true);
        assert_eq!(told.names().len(), 2);
    }

    /// A later file may refuse what an earlier one took.
    async fn what_no_longer_fits_is_shown_and_hinders_nobody(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let (path, _) = stored(&app, &caller).await;
        *told.refuses.lock() = Some("path");
        let shown = app.get(&caller, &path).await;
        assert_eq!((&shown.body["state"], &shown.body["faults"][0]["key"]), (&json!("refused"), &json!("path")), "{shown:?}");
        let other = put(&app, &caller, &format!("{UPSTREAMS}/second"), json!({ "endpoints": [] }), None).await;
        assert_eq!(other.status, StatusCode::CREATED, "a fault of another entry is no fault of this one: {other:?}");
        assert_eq!(remove(&app, &caller, &path).await.status, StatusCode::NO_CONTENT);
    }

    async fn only_operators_may(bench: Bench) {
        let (mut app, _) = app(&bench).await;
        let admin = bench.with_role(Role::Admin);
        let (path, _) = stored(&app, &admin).await;
        let calls = || {
            let versions = format!("{path}/versions");
            [(Method::GET, ROUTES.to_owned()), (Method::GET, path.clone()), (Method::GET, versions), (Method::DELETE, path.clone()), (Method::GET, UPSTREAMS.to_owned())]
        };
        let bodies = [(Method::PUT, path.clone(), json!({ "definition": {} })), (Method::POST, format!("{path}/restore"), json!({ "version": 1 })), (Method::POST, format!("{ROUTES}/check"), json!({}))];
        let refused = async |app: &App, caller: &Caller, status: StatusCode| {
            for (method, path) in calls() {
                assert_eq!(app.call(caller, method.clone(), &path).header("if-match", "*").send().await.status, status, "{method} {path}");
            }
            for (method, path, body) in &bodies {
                let call = app.call(caller, method.clone(), path).header("if-match", "*").json(body.clone());
                assert_eq!(call.send().await.status, status, "{method} {path}");
            }
        };
        refused(&app, &bench.anonymous(), StatusCode::UNAUTHORIZED).await;
        refused(&app, &bench.user(), StatusCode::FORBIDDEN).await;
        refused(&app, &bench.with_role(Role::Support), StatusCode::FORBIDDEN).await;
        app.name_tenant("upcoach");
        refused(&app, &admin, StatusCode::FORBIDDEN).await;
    }

    async fn what_cannot_be_stored_is_refused(bench: Bench) {
        let (app, _) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = format!("{ROUTES}/a");
        let mut deep = json!(1);
        for _ in 0..30 {
            deep = json!([deep]);
        }
        for definition in [json!("text"), json!([]), json!(null), json!({ "x": "y".repeat(70_000) }), json!({ "x": deep }), json!({ "x": "\u{0}" })] {
            let answer = put(&app, &caller, &path, definition, None).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            assert!(answer.bad_fields()[0].starts_with("definition"), "{answer:?}");
        }
        let twice = app.call(&caller, Method::PUT, &path).header("content-type", "application/json");
        assert_eq!(twice.bytes(r#"{"definition":{"a":1,"a":2}}"#).send().await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let answer = app.call(&caller, Method::PUT, &path).json(json!({ "definition": {}, "more": 1 })).send().await;
        assert_eq!(answer.bad_fields(), ["more"]);
        let odd = put(&app, &caller, &format!("{ROUTES}/%2e%2e%00"), json!({}), None).await;
        assert_eq!(odd.status, StatusCode::BAD_REQUEST);
        let long = format!("{path}?x={}", "y".repeat(10));
        assert_eq!(put(&app, &caller, &long, json!({ "text": "\u{1}\u{7f} \u{1F333}" }), None).await.status, StatusCode::CREATED);
    }

    async fn there_is_an_end_to_versions_and_entries(bench: Bench) {
        let (app, _) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = format!("{ROUTES}/a");
        for at in 0..55 {
            let answer = put(&app, &caller, &path, json!({ "at": at }), (at > 0).then_some("*")).await;
            assert!(answer.status.is_success(), "{answer:?}");
        }
        let versions = app.get(&caller, &format!("{path}/versions?limit=100&order=asc")).await;
        assert_eq!((&versions.body["pagination"]["total"], &versions.body["data"][0]["version"]), (&json!(50), &json!(6)), "{versions:?}");
        for at in 0..100 {
            assert_eq!(put(&app, &caller, &format!("{UPSTREAMS}/u{at}"), json!({}), None).await.status, StatusCode::CREATED);
        }
        let full = put(&app, &caller, &format!("{UPSTREAMS}/more"), json!({}), None).await;
        assert_eq!(full.status, StatusCode::CONFLICT);
        assert!(full.body["detail"].as_str().unwrap().contains("100"), "{full:?}");
    }

    /// Another process, which was told nothing, follows within its next round.
    async fn another_process_follows(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        stored(&app, &caller).await;
        let other = std::sync::Arc::new(crate::told::Told::default());
        let mut host = app.host.clone();
        host.resources.insert(DoorLink::default());
        let (stop, stopped) = watch::channel(false);
        let following = Follower::begin(&host, caller.tenant, other.clone()).await.unwrap().run(stopped);
        let seen = async {
            let begun = std::time::Instant::now();
            while other.names() != ["shop", "legacy"] && begun.elapsed() < std::time::Duration::from_secs(20) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            assert_eq!(remove(&app, &caller, &format!("{ROUTES}/shop")).await.status, StatusCode::NO_CONTENT);
            while other.names() != ["legacy"] && begun.elapsed() < std::time::Duration::from_secs(20) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            stop.send(true).unwrap();
        };
        tokio::join!(following, seen);
        assert_eq!((other.names(), told.names()), (vec!["legacy".to_owned()], vec!["legacy".to_owned()]));
    }

    async fn without_a_door_nobody_can_say(bench: Bench) {
        let app = app_with(&bench, DoorLink::default()).await;
        let caller = bench.with_role(Role::Admin);
        let answer = put(&app, &caller, &format!("{ROUTES}/a"), json!({}), None).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(app.get(&caller, ROUTES).await.body["pagination"]["total"], 0);
    }
}
