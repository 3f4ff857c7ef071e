//! Flags from their making to their end.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{FLAGS, app, flag, is_on, put};

on_both_engines! {
    async fn a_flag_lives_from_its_making_to_its_end(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "checkout", json!({ "enabled": true })).await;
        let made = app.get(&caller, &path).await;
        assert_eq!((&made.body["type"], &made.body["version"], &made.body["project"]), (&json!("release"), &json!(1), &json!("default")));
        assert!(is_on(&shared, &bench, "checkout"), "the writer's next read sees it");
        let tag = made.header("etag").to_owned();
        let changes = json!({ "description": "The new one.", "owner": "web", "tags": ["team:web", "a"], "type": "operational", "stale": true });
        let changed = app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(changes.clone()).send().await;
        assert_eq!((changed.status, &changed.body["tags"]), (StatusCode::OK, &json!(["a", "team:web"])), "{changed:?}");
        let again = app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(changes).send().await;
        assert_eq!(again.status, StatusCode::PRECONDITION_FAILED, "somebody else was first");
        let same = app.patch(&caller, &path, json!({ "stale": true })).await;
        assert_eq!(same.body["version"], 2, "what changes nothing is no change");
        let cleared = app.patch(&caller, &path, json!({ "owner": null })).await;
        assert_eq!(cleared.body["owner"], Value::Null);
        let off = app.post(&caller, &format!("{path}/environments/production/off"), Value::Null).await;
        assert_eq!((off.status, is_on(&shared, &bench, "checkout")), (StatusCode::OK, false), "{off:?}");
        let on = app.post(&caller, &format!("{path}/environments/production/on"), Value::Null).await;
        assert_eq!((on.status, is_on(&shared, &bench, "checkout")), (StatusCode::OK, true));
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::CONFLICT);
        let archived = app.post(&caller, &format!("{path}/archive"), Value::Null).await;
        assert!(archived.body["archivedAt"].is_string() && !is_on(&shared, &bench, "checkout"), "{archived:?}");
        assert_eq!(app.post(&caller, &format!("{path}/archive"), Value::Null).await.status, StatusCode::CONFLICT);
        assert_eq!(put(&app, &caller, &path, json!({ "enabled": true })).await.status, StatusCode::CONFLICT);
        let revived = app.post(&caller, &format!("{path}/revive"), Value::Null).await;
        assert_eq!((revived.status, &revived.body["environments"]["production"]["enabled"]), (StatusCode::OK, &json!(false)));
        app.post(&caller, &format!("{path}/archive"), Value::Null).await;
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get(&caller, &path).await.status, StatusCode::FORBIDDEN, "as a flag that never was");
    }

    async fn lists_are_searched_and_filtered(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        for (key, tags) in [("a_100%", json!(["x", "y"])), ("b", json!(["xx"])), ("c", json!([]))] {
            let body = json!({ "key": key.replace('%', "."), "tags": tags, "description": format!("About {key}") });
            assert_eq!(app.post(&caller, FLAGS, body).await.status, StatusCode::CREATED);
        }
        let keys = async |query: &str| {
            let answer = app.get(&caller, &format!("{FLAGS}?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let mut keys: Vec<String> = answer.body["data"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys("tag=x").await, ["a_100."]);
        assert_eq!(keys("search=ABOUT%20B").await, ["b"]);
        assert_eq!(keys("search=%25").await, ["a_100."], "a per cent sign is one");
        assert_eq!(keys("search=_").await, ["a_100."], "and so is an underscore");
        // The application's own are there from the start.
        assert_eq!(keys("orderBy=key&order=ASC&limit=100").await, ["a_100.", "b", "c", "coach-grants", "new-dashboard", "voice-journal"]);
        app.post(&caller, &format!("{FLAGS}/c/archive"), Value::Null).await;
        assert_eq!(keys("state=archived").await, ["c"]);
        assert_eq!(keys("state=stale").await, Vec::<String>::new());
        assert_eq!(keys("type=release&project=default&state=active&search=about%20b").await, ["b"]);
        let other = bench.in_other_tenant(&caller);
        let list = app.get(&other, &format!("{FLAGS}?search=about")).await;
        assert_eq!(list.body["pagination"]["total"], 0, "{list:?}");
    }

    async fn every_change_is_known_and_can_be_taken_back(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "checkout", json!({ "enabled": true })).await;
        let some = json!({ "enabled": true, "strategies": [{ "name": "userWithId", "parameters": { "userIds": "bob" } }] });
        assert_eq!(put(&app, &caller, &path, some).await.body["version"], 2);
        assert!(!is_on(&shared, &bench, "checkout"));
        app.patch(&caller, &path, json!({ "description": "later" })).await;
        let history = app.get(&caller, &format!("{path}/history?order=ASC")).await;
        let second = &history.body["data"][1];
        assert_eq!((&second["act"], &second["why"], &second["environment"]), (&json!("changed"), &json!("a test"), &json!("production")), "{history:?}");
        assert_eq!(second["differences"][0]["path"], "/environments/production/strategies");
        assert_eq!(second["changedBy"], json!(caller.user_id().unwrap()));
        let undone = app.post(&caller, &format!("{path}/history/2/undo"), Value::Null).await;
        assert_eq!((undone.status, &undone.body["description"]), (StatusCode::OK, &json!("later")), "{undone:?}");
        assert!(is_on(&shared, &bench, "checkout"));
        let again = app.post(&caller, &format!("{path}/history/2/undo"), Value::Null).await;
        assert_eq!((again.status, &again.body["names"]), (StatusCode::CONFLICT, &json!(["/environments/production/strategies"])));
        assert_eq!(app.post(&caller, &format!("{path}/history/1/undo"), Value::Null).await.status, StatusCode::CONFLICT);
        // Off, on, killed: to take the first back would undo the kill.
        let switched = flag(&app, &caller, "switched", json!({ "enabled": true })).await;
        for act in ["environments/production/off", "environments/production/on", "kill"] {
            assert_eq!(app.post(&caller, &format!("{switched}/{act}"), json!({})).await.status, StatusCode::OK, "{act}");
        }
        let undone = app.post(&caller, &format!("{switched}/history/2/undo"), Value::Null).await;
        assert_eq!(undone.status, StatusCode::CONFLICT, "{undone:?}");
        let undone = app.post(&caller, &format!("{switched}/history/4/undo"), Value::Null).await;
        assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
        assert_eq!(app.post(&caller, &format!("{path}/history/99/undo"), Value::Null).await.status, StatusCode::FORBIDDEN);
        let audit = app.get(&caller, &format!("{FLAGS}/audit")).await;
        assert!(audit.body.to_string().contains("flag.undone"), "{audit:?}");
    }

    async fn one_call_kills(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "checkout", json!({ "enabled": true })).await;
        app.post(&caller, &format!("{path}/environments/development/on"), Value::Null).await;
        let guarded = app.patch(&caller, "/api/v1/admin/flag-environments/production", json!({ "requiredApprovals": 2, "changers": [bench.new_id()] })).await;
        assert_eq!(guarded.status, StatusCode::OK, "{guarded:?}");
        let off = app.post(&caller, &format!("{path}/environments/production/off"), Value::Null).await;
        assert_eq!(off.status, StatusCode::FORBIDDEN, "others may change this environment");
        let killed = app.call(&caller, Method::POST, &format!("{path}/kill")).header("x-reason", "it burns").send().await;
        assert_eq!((killed.status, is_on(&shared, &bench, "checkout")), (StatusCode::OK, false), "{killed:?}");
        assert_eq!(killed.body["environments"]["development"]["enabled"], false);
        let version = killed.body["version"].clone();
        assert_eq!(app.post(&caller, &format!("{path}/kill"), Value::Null).await.body["version"], version, "twice is once");
        let history = app.get(&caller, &format!("{path}/history")).await;
        assert_eq!((&history.body["data"][0]["act"], &history.body["data"][0]["why"]), (&json!("killed"), &json!("it burns")));
    }

    async fn an_environment_says_who_may_change_it(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let (ann, bob, owner) = (bench.with_role(Role::Admin), bench.with_role(Role::Admin), bench.with_role(Role::Owner));
        let path = flag(&app, &ann, "checkout", json!({ "enabled": true })).await;
        let environment = "/api/v1/admin/flag-environments/production";
        assert_eq!(app.patch(&ann, environment, json!({ "changers": [ann.user_id().unwrap()] })).await.status, StatusCode::OK);
        let settings = || json!({ "enabled": false });
        assert_eq!(put(&app, &bob, &path, settings()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.post(&bob, &format!("{path}/archive"), Value::Null).await.status, StatusCode::FORBIDDEN, "it is on there");
        assert_eq!(app.patch(&bob, environment, json!({ "changers": [] })).await.status, StatusCode::FORBIDDEN);
        assert_eq!(put(&app, &ann, &path, settings()).await.status, StatusCode::OK);
        assert_eq!(put(&app, &owner, &path, json!({ "enabled": true })).await.status, StatusCode::OK, "owners always may");
        assert_eq!(app.patch(&ann, environment, json!({ "requiredApprovals": 1 })).await.status, StatusCode::OK);
        let refused = put(&app, &ann, &path, settings()).await;
        assert_eq!((refused.status, refused.body["detail"].as_str().unwrap().contains("approval")), (StatusCode::CONFLICT, true), "{refused:?}");
        let made = app.post(&ann, "/api/v1/admin/flag-environments", json!({ "name": "staging", "type": "preproduction" })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert_eq!(app.post(&ann, "/api/v1/admin/flag-environments", json!({ "name": "staging" })).await.bad_fields(), ["name"]);
        app.post(&ann, &format!("{path}/environments/staging/on"), Value::Null).await;
        let staging = "/api/v1/admin/flag-environments/staging";
        assert_eq!(app.delete(&ann, staging).await.body["names"], json!(["checkout"]));
        app.post(&ann, &format!("{path}/environments/staging/off"), Value::Null).await;
        assert_eq!(app.delete(&ann, staging).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.patch(&ann, &path, json!({ "description": "still" })).await.status, StatusCode::OK, "what it said of it hinders nothing");
    }
}
