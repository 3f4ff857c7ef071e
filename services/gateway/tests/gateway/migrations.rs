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
        let shadow = json!({ "act": "shadow", "ignore": ["/data/*/id"], "additions": "allowed", "why": "first look" });
        assert_eq!(app.post(&caller, &steps, shadow).await.body["stage"], "shadow");
        assert!(told.last().contains("ignore = [\"/data/*/id\"], additions = \"allowed\" }"), "{}", told.last());
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

    async fn the_system_of_before_goes_when_nothing_needs_it(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let remove = async || app.delete(&caller, "/api/v1/gateway/legacy").await;
        assert_eq!(remove().await.status, StatusCode::CONFLICT, "there is none");
        let steps = format!("{}/steps", begun(&app, &caller).await);
        app.post(&caller, &steps, json!({ "act": "shadow" })).await;
        let refused = remove().await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body["detail"].as_str().unwrap().contains("goals"), "{refused:?}");
        app.post(&caller, &steps, json!({ "act": "undo" })).await;
        let gone = remove().await;
        assert_eq!((gone.status, &gone.body["legacy"]), (StatusCode::OK, &Value::Null), "{gone:?}");
        assert_eq!(told.last(), "", "the door is told of nothing");
        assert_eq!(app.post(&caller, &steps, json!({ "act": "shadow" })).await.status, StatusCode::CONFLICT);
        put_legacy(&app, &caller).await;
        assert!(told.last().contains("path = \"/api/v1/goals\""), "what was stored is there again: {}", told.last());
        assert_eq!(app.delete(&bench.user(), "/api/v1/gateway/legacy").await.status, StatusCode::FORBIDDEN);
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

    async fn the_command_line_steers_in_the_name_of_the_control_plane(bench: Bench) {
        let (mut app, _) = app(&bench).await;
        let request = bench.user().request;
        let own = Caller::system(bench.user().tenant, banyan_gateway::SERVICE, request);
        let path = begun(&app, &own).await;
        let step = json!({ "act": "canary", "percent": 5, "why": "at the command line" });
        let answer = app.post(&own, &format!("{path}/steps"), step).await;
        assert_eq!((answer.status, &answer.body["percent"]), (StatusCode::OK, &json!(5.0)), "{answer:?}");
        let steps = app.get(&own, &format!("{path}/steps")).await;
        let steps = steps.body["data"].as_array().unwrap();
        let taken = steps.iter().find(|step| step["stage"] == "canary").unwrap();
        assert_eq!((&taken["takenBy"], &taken["why"]), (&Value::Null, &json!("at the command line")));
        let other = Caller::system(bench.user().tenant, "goals", request);
        assert_eq!(app.get(&other, &path).await.status, StatusCode::UNAUTHORIZED, "no other service");
        app.name_tenant("upcoach");
        assert_eq!(app.get(&own, &path).await.status, StatusCode::FORBIDDEN, "no other tenant");
    }

    async fn a_feature_may_move_to_something_new_outside(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        put_legacy(&app, &caller).await;
        let new = |target: Value| {
            let mut body = json!({ "name": "quotes", "path": "/quotes" });
            body.as_object_mut().unwrap().extend(target.as_object().cloned().unwrap());
            body
        };
        for (target, field) in [
            (json!({}), "service"),
            (json!({ "service": "goals", "url": "http://127.0.0.1:4001" }), "service"),
            (json!({ "url": "http://a/b" }), "url"),
        ] {
            assert_eq!(app.post(&caller, "/api/v1/gateway/migrations", new(target)).await.bad_fields(), [field]);
        }
        let made = app.post(&caller, "/api/v1/gateway/migrations", new(json!({ "url": "http://127.0.0.1:4001" }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert!(told.last().contains("[upstreams.strangler-to-quotes]\nendpoints = [\"http://127.0.0.1:4001\"]"), "{}", told.last());
        let steps = format!("/api/v1/gateway/migrations/{}/steps", made.body["id"].as_str().unwrap());
        for cookie in ["x", "a=b; c=d", "=b", "a="] {
            let answer = app.post(&caller, &steps, json!({ "act": "canary", "cookie": cookie })).await;
            assert_eq!(answer.bad_fields(), ["cookie"], "{cookie}");
        }
        let canary = app.post(&caller, &steps, json!({ "act": "canary", "cookie": "team=new" })).await;
        assert_eq!(canary.body["cookie"], "team=new", "{canary:?}");
        let variant = "upstream = \"strangler-to-quotes\", percent = 0.00, users = [], cookie = { name = \"team\", value = \"new\" }";
        assert!(told.last().contains(variant), "{}", told.last());
        app.post(&caller, &steps, json!({ "act": "finish" })).await;
        assert!(told.last().contains("upstream = \"strangler-to-quotes\"\nauth = \"optional\"\n"), "{}", told.last());
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
        for path in ["/api", "/api/v1", "/api/v1/auth", "/api/v1/auth/login"] {
            assert_eq!(create(new(path, "goals")).await.bad_fields(), ["path"], "{path} would hide identity");
        }
        let put = async |body: Value| app.call(&caller, Method::PUT, "/api/v1/gateway/legacy").json(body).send().await;
        for host in ["", "A.example.org", "a b", "a..b", "*", "a.*.b", "x\"\n"] {
            assert_eq!(put(json!({ "url": "http://a", "hosts": [host] })).await.bad_fields(), ["hosts"], "{host}");
        }
        assert_eq!(put(json!({ "url": "http://a", "keep": ["contnet"] })).await.bad_fields(), ["keep"]);
        for url in ["ftp://x", "http://", "http://a/b", "http://a@b", "http://a\"\n[x]"] {
            let answer = app.call(&caller, Method::PUT, "/api/v1/gateway/legacy").json(json!({ "url": url })).send().await;
            assert_eq!(answer.bad_fields(), ["url"], "{url}");
        }
    }
}
