//! A migration from its beginning to its end, who may steer it, and what the door is told.

use banyan_gateway::Follower;
use banyan_kernel::{Caller, Role};
use banyan_testkit::{App, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::told::app;

async fn put_legacy(app: &App, caller: &Caller) {
    let legacy = json!({ "url": "http://127.0.0.1:4000", "auth": "optional" });
    let answer = app.call(caller, Method::PUT, "/api/v1/gateway/legacy").json(legacy).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

async fn begun(app: &App, caller: &Caller) -> String {
    put_legacy(app, caller).await;
    let new = json!({ "name": "goals", "path": "/api/v1/goals", "service": "goals" });
    let answer = app.post(caller, "/api/v1/gateway/migrations", new).await;
    assert_eq!((answer.status, &answer.body["stage"]), (StatusCode::CREATED, &json!("observing")), "{answer:?}");
    format!("/api/v1/gateway/migrations/{}", answer.body["id"].as_str().unwrap())
}

on_both_engines! {
    async fn a_feature_moves_and_comes_back(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        let steps = format!("{path}/steps");
        assert!(told.last().contains("path = \"/api/v1/feed\"") && !told.last().contains("auth/login"), "{}", told.last());
        assert!(!told.last().contains("/api/v1/goals/{id}"), "hidden by what moves: {}", told.last());
        assert_eq!(app.post(&caller, &steps, json!({ "act": "finish" })).await.status, StatusCode::CONFLICT);
        let shadow = json!({ "act": "shadow", "ignore": ["/data/*/id"], "why": "first look" });
        assert_eq!(app.post(&caller, &steps, shadow).await.body["stage"], "shadow");
        assert!(told.last().contains("ignore = [\"/data/*/id\"]"), "{}", told.last());
        let answer = app.post(&caller, &steps, json!({ "act": "canary", "percent": 12.5, "header": "x-canary: 1" })).await;
        assert_eq!((&answer.body["stage"], &answer.body["percent"]), (&json!("canary"), &json!(12.5)), "{answer:?}");
        assert!(told.last().contains("percent = 12.50") && told.last().contains("roll_back = \"on\""), "{}", told.last());
        assert_eq!(app.post(&caller, &steps, json!({ "act": "finish" })).await.body["stage"], "finished");
        assert!(told.last().contains("service = \"goals\"\n"), "{}", told.last());
        let back = app.post(&caller, "/api/v1/gateway/all-back", json!({ "why": "a bad night" })).await;
        assert_eq!((back.status, &back.body["taken"]), (StatusCode::OK, &json!(1)), "{back:?}");
        assert!(!told.last().contains("service = "), "{}", told.last());
        let steps = app.get(&caller, &steps).await;
        let stages: Vec<&str> = steps.body["data"].as_array().unwrap().iter().map(|step| step["stage"].as_str().unwrap()).collect();
        assert_eq!(stages.len(), 5, "{steps:?}");
        let audit = app.get(&caller, "/api/v1/admin/gateway/audit").await;
        assert!(audit.body["data"].as_array().unwrap().len() >= 6, "{audit:?}");
    }

    async fn only_operators_steer(bench: Bench) {
        let (mut app, _) = app(&bench).await;
        let admin = bench.with_role(Role::Admin);
        let path = begun(&app, &admin).await;
        assert_eq!(app.get(&bench.user(), &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.get(&bench.anonymous(), &path).await.status, StatusCode::UNAUTHORIZED);
        let step = json!({ "act": "undo" });
        assert_eq!(app.post(&bench.with_role(Role::Support), &format!("{path}/steps"), step.clone()).await.status, StatusCode::FORBIDDEN);
        app.name_tenant("upcoach");
        assert_eq!(app.get(&admin, &path).await.status, StatusCode::FORBIDDEN, "an admin of a tenant like any other");
        assert_eq!(app.post(&admin, &format!("{path}/steps"), step).await.status, StatusCode::FORBIDDEN);
    }

    async fn of_two_operators_one_is_told(bench: Bench) {
        let (app, _) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        let tag = app.get(&caller, &path).await.header("etag").to_owned();
        let step = |act: &str| {
            app.call(&caller, Method::POST, &format!("{path}/steps")).header("if-match", &tag).json(json!({ "act": act })).send()
        };
        let (one, other) = tokio::join!(step("shadow"), step("undo"));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
    }

    async fn what_the_door_took_back_is_written_down(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        app.post(&caller, &format!("{path}/steps"), json!({ "act": "canary", "percent": 10 })).await;
        *told.splits.lock() = vec![json!({ "name": "goals", "generation": 2, "rolledBack": { "worseBy": "errors" } })];
        let (stop, stopped) = watch::channel(false);
        let following = Follower::begin(&app.host, caller.tenant, told.clone()).await.run(stopped);
        let seen = async {
            for _ in 0..1_000 {
                let migration = app.get(&caller, &path).await;
                if migration.body["stage"] == "rolled-back" {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            stop.send(true).unwrap();
        };
        tokio::join!(following, seen);
        let report = app.get(&caller, &format!("{path}/report")).await;
        assert_eq!(report.body["before"]["rolledBack"]["worseBy"], "errors", "{report:?}");
        assert!(!told.last().contains("split = "), "{}", told.last());
    }

    async fn what_cannot_be_meant_is_refused(bench: Bench) {
        let (app, _) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let new = |path: &str, service: &str| json!({ "name": "goals", "path": path, "service": service });
        let create = async |body: Value| app.post(&caller, "/api/v1/gateway/migrations", body).await;
        assert_eq!(create(new("/x", "goals")).await.status, StatusCode::CONFLICT, "nothing stands behind the door");
        put_legacy(&app, &caller).await;
        for path in ["x", "/x/", "/", "/{id}", "/a//b", "/..", "/\"\n"] {
            assert_eq!(create(new(path, "goals")).await.bad_fields(), ["path"], "{path}");
        }
        assert_eq!(create(new("/x", "nobody")).await.bad_fields(), ["service"]);
        for url in ["ftp://x", "http://", "http://a/b", "http://a@b", "http://a\"\n[x]"] {
            let answer = app.call(&caller, Method::PUT, "/api/v1/gateway/legacy").json(json!({ "url": url })).send().await;
            assert_eq!(answer.bad_fields(), ["url"], "{url}");
        }
    }
}
