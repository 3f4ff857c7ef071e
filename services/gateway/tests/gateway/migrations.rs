//! A migration from its beginning to its end, who may steer it, and what the door is told.

use banyan_gateway::{DoorLink, Follower, SplitSums, UnknownPlan};
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

/// What a door saw of goals: so many requests on either side, with a difference each.
fn saw(generation: u64, requests: u64) -> SplitSums {
    let side = |name: &str| json!({ "name": name, "requests": requests, "failures": 0, "times": { "2000": requests } });
    let differences = json!({ "/data/*/id": { "count": requests, "examples": [] } });
    let copies = json!({ "sent": requests, "different": requests, "differences": differences });
    let sums =
        json!({ "name": "goals", "generation": generation, "sides": [side("baseline"), side("banyan")], "copies": copies });
    serde_json::from_value(sums).unwrap()
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
        assert!(told.last().contains("percent = 12.50"), "{}", told.last());
        assert!(told.last().contains("roll_back = { least = 20, error_rate = 0.02, latency = 1.5 }"), "{}", told.last());
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

    async fn what_a_canary_may_do_worse_is_said_and_stays_said(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        let steps = format!("{path}/steps");
        let shown = app.get(&caller, &path).await.body;
        assert_eq!([&shown["maxErrorRate"], &shown["maxSlower"], &shown["minRequests"]], [&json!(0.02), &json!(1.5), &json!(20)]);
        for (field, bad) in [
            ("maxErrorRate", json!([-0.01, 1.01, 2])),
            ("maxSlower", json!([0, 0.99, 100.5])),
            ("minRequests", json!([0, 4, 1_000_001])),
        ] {
            for value in bad.as_array().unwrap() {
                let answer = app.post(&caller, &steps, json!({ "act": "canary", field: value })).await;
                assert_eq!(answer.bad_fields(), [field], "{value}");
            }
            let answer = app.post(&caller, &steps, json!({ "act": "canary", field: "many" })).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        }
        let strict = json!({ "act": "canary", "percent": 5, "maxErrorRate": 0, "maxSlower": 100, "minRequests": 5 });
        let answer = app.post(&caller, &steps, strict).await;
        assert_eq!((&answer.body["maxErrorRate"], &answer.body["maxSlower"]), (&json!(0.0), &json!(100.0)), "{answer:?}");
        assert!(told.last().contains("roll_back = { least = 5, error_rate = 0.0, latency = 100.0 }"), "{}", told.last());
        app.post(&caller, &steps, json!({ "act": "shadow" })).await;
        let again = app.post(&caller, &steps, json!({ "act": "canary", "percent": 6, "maxSlower": 1.05 })).await;
        let limits = ["maxErrorRate", "maxSlower", "minRequests"].map(|field| again.body[field].clone());
        assert_eq!(limits, [json!(0.0), json!(1.05), json!(5)], "what was not said is as before");
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
        assert_eq!(app.post(&caller, &steps, json!({ "act": "canary", "flag": "a b" })).await.bad_fields(), ["flag"]);
        let both = json!({ "act": "canary", "flag": "new-quotes", "percent": 5 });
        assert_eq!(app.post(&caller, &steps, both).await.bad_fields(), ["percent"]);
        app.post(&caller, &steps, json!({ "act": "canary", "percent": 10 })).await;
        let flagged = app.post(&caller, &steps, json!({ "act": "canary", "flag": "new-quotes" })).await;
        assert_eq!((&flagged.body["flag"], &flagged.body["percent"]), (&json!("new-quotes"), &json!(0.0)), "{flagged:?}");
        assert!(told.last().contains("percent = 0.00, users = []") && told.last().contains(", flag = \"new-quotes\" }"), "{}", told.last());
        let share = app.post(&caller, &steps, json!({ "act": "canary", "percent": 10 })).await;
        assert_eq!(share.body["flag"], Value::Null, "a share takes its place: {share:?}");
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

    async fn reports_are_of_all_doors_together(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        let (steps, report) = (format!("{path}/steps"), format!("{path}/report"));
        app.post(&caller, &steps, json!({ "act": "shadow" })).await;
        assert_eq!(app.get(&caller, &report).await.body["now"], Value::Null, "nobody saw anything");
        // Another process, with a door of its own.
        let other = std::sync::Arc::new(crate::told::Told::default());
        let mut host = app.host.clone();
        host.resources.insert(DoorLink::default());
        let (stop, stopped) = watch::channel(false);
        let following = Follower::begin(&host, caller.tenant, other.clone()).await.unwrap().run(stopped);
        told.sums.lock().extend([saw(2, 3), saw(1, 1_000)]);
        other.sums.lock().push(saw(2, 4));
        // The other one writes at its end at the latest.
        stop.send(true).unwrap();
        following.await;
        let seen = app.get(&caller, &report).await.body;
        let now = &seen["now"];
        assert_eq!((&now["sides"][0]["requests"], &now["sides"][1]["requests"]), (&json!(7), &json!(7)), "{seen}");
        assert_eq!(now["sides"][0]["p95Ms"], 2.0, "{seen}");
        assert_eq!((&now["shadow"]["sent"], &now["shadow"]["fields"][0]["count"]), (&json!(7), &json!(7)), "{seen}");
        assert_eq!((&now["generation"], &now["rolledBack"]), (&json!(2), &Value::Null));
        // A step keeps it as evidence, and begins anew.
        told.sums.lock().push(saw(2, 1));
        app.post(&caller, &steps, json!({ "act": "canary", "percent": 5 })).await;
        told.sums.lock().push(saw(2, 1_000));
        let seen = app.get(&caller, &report).await.body;
        assert_eq!((&seen["now"], &seen["before"]["shadow"]["sent"]), (&Value::Null, &json!(8)), "{seen}");
        told.sums.lock().push(saw(3, 2));
        assert_eq!(app.get(&caller, &report).await.body["now"]["sides"][1]["requests"], 2);
        app.post(&caller, "/api/v1/gateway/all-back", json!({ "why": "a bad night" })).await;
        assert_eq!(app.get(&caller, &report).await.body["before"]["sides"][1]["requests"], 2);
    }

    async fn what_the_door_took_back_is_written_down(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        app.post(&caller, &format!("{path}/steps"), json!({ "act": "canary", "percent": 10 })).await;
        *told.splits.lock() = vec![json!({ "name": "goals", "generation": 2, "rolledBack": { "worseBy": "errors" } })];
        told.sums.lock().push(saw(2, 9));
        let (stop, stopped) = watch::channel(false);
        let following = Follower::begin(&app.host, caller.tenant, told.clone()).await.unwrap().run(stopped);
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
        assert_eq!(report.body["before"]["sides"][1]["requests"], 9, "what all doors saw: {report:?}");
        assert!(!told.last().contains("split = "), "{}", told.last());
    }

    async fn a_door_that_does_not_take_the_plan_stays_closed_and_an_open_one_goes_on(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = begun(&app, &caller).await;
        let before = told.last();
        *told.fault.lock() = Some("there is no service `goals`");
        let step = app.post(&caller, &format!("{path}/steps"), json!({ "act": "shadow" })).await;
        assert_eq!((step.status, told.last()), (StatusCode::OK, before), "the open door goes on as before");
        let refused = Follower::begin(&app.host, caller.tenant, told.clone()).await.map(drop).unwrap_err();
        assert!(matches!(&refused, UnknownPlan::Refused(_)) && refused.to_string().contains("`goals`"), "{refused}");
        *told.fault.lock() = None;
        Follower::begin(&app.host, caller.tenant, told.clone()).await.unwrap();
        assert!(told.last().contains("shadow = "), "{}", told.last());
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
