//! Changes that others agree to, and changes at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_events::jobs::Runner;
use banyan_kernel::{Caller, OsRandom, Permission, Role};
use banyan_testkit::{Answer, App, on_both_engines};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{app, flag, is_on, put};

const CHANGES: &str = "/api/v1/admin/flag-changes";
const PRODUCTION: &str = "/api/v1/admin/flag-environments/production";
const PATIENCE: Duration = Duration::from_secs(60);

async fn ask(app: &App, caller: &Caller, path: &str, body: Value) -> Answer {
    app.post(caller, &format!("{path}/environments/production/changes"), body).await
}

async fn decide(app: &App, caller: &Caller, change: &Answer, what: &str) -> Answer {
    let path = format!("{CHANGES}/{}/{what}", change.body["id"].as_str().unwrap());
    app.post(caller, &path, json!({})).await
}

on_both_engines! {
    async fn others_agree_before_it_counts(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let [ann, bob, eve] = [(); 3].map(|()| bench.with_role(Role::Admin));
        let path = flag(&app, &ann, "f", json!({ "enabled": true })).await;
        app.patch(&ann, PRODUCTION, json!({ "requiredApprovals": 2 })).await;
        assert_eq!(put(&app, &ann, &path, json!({ "enabled": false })).await.status, StatusCode::CONFLICT);
        let change = ask(&app, &ann, &path, json!({ "proposal": { "enabled": false } })).await;
        assert_eq!((change.status, &change.body["state"]), (StatusCode::CREATED, &json!("pending")), "{change:?}");
        assert_eq!(change.body["differences"][0]["path"], "/enabled");
        assert_eq!(decide(&app, &ann, &change, "approve").await.status, StatusCode::CONFLICT, "the author");
        assert_eq!(decide(&app, &ann, &change, "apply").await.status, StatusCode::CONFLICT, "nobody has agreed");
        assert_eq!(decide(&app, &bob, &change, "approve").await.body["state"], "pending");
        assert_eq!(decide(&app, &bob, &change, "approve").await.status, StatusCode::CONFLICT, "one person is one approval");
        let key = eve.clone().with_key(bench.new_id(), [Permission::FlagsManage].into_iter().collect());
        assert_eq!(decide(&app, &key, &change, "approve").await.status, StatusCode::FORBIDDEN, "a key is nobody who agrees");
        assert_eq!(decide(&app, &bench.user(), &change, "approve").await.status, StatusCode::FORBIDDEN);
        assert!(is_on(&shared, &bench, "f"));
        assert_eq!(decide(&app, &eve, &change, "approve").await.body["state"], "approved");
        let applied = decide(&app, &bob, &change, "apply").await;
        assert_eq!((applied.status, &applied.body["state"]), (StatusCode::OK, &json!("applied")), "{applied:?}");
        assert!(!is_on(&shared, &bench, "f"));
        assert_eq!(decide(&app, &bob, &change, "apply").await.status, StatusCode::CONFLICT, "once");
        let list = app.get(&ann, &format!("{CHANGES}?state=applied&flag=f")).await;
        assert_eq!(list.body["pagination"]["total"], 1);
        let weaker = app.patch(&bob, PRODUCTION, json!({ "requiredApprovals": 0 })).await;
        assert_eq!(weaker.status, StatusCode::OK, "{weaker:?}");
    }

    async fn what_was_overtaken_goes_stale(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let (ann, bob) = (bench.with_role(Role::Admin), bench.with_role(Role::Admin));
        let path = flag(&app, &ann, "f", json!({ "enabled": false })).await;
        let change = ask(&app, &ann, &path, json!({ "proposal": { "enabled": true } })).await;
        assert_eq!(change.body["state"], "approved", "nobody has to agree here: {change:?}");
        app.patch(&ann, &path, json!({ "description": "something else" })).await;
        put(&app, &ann, &path, json!({ "enabled": false, "strategies": [{ "name": "default" }] })).await;
        assert_eq!(decide(&app, &ann, &change, "apply").await.status, StatusCode::CONFLICT);
        assert_eq!(app.get(&ann, &format!("{CHANGES}/{}", change.body["id"].as_str().unwrap())).await.body["state"], "stale");
        assert!(!is_on(&shared, &bench, "f"));
        for (who, what, state) in [(&bob, "reject", "rejected"), (&ann, "withdraw", "withdrawn")] {
            let change = ask(&app, &ann, &path, json!({ "proposal": { "enabled": true } })).await;
            if what == "withdraw" {
                assert_eq!(decide(&app, &bob, &change, what).await.status, StatusCode::FORBIDDEN, "it is not his");
            }
            assert_eq!(decide(&app, who, &change, what).await.body["state"], state);
            assert_eq!(decide(&app, &ann, &change, "apply").await.status, StatusCode::CONFLICT);
        }
        assert_eq!(ask(&app, &ann, &path, json!({ "proposal": {} })).await.bad_fields(), ["proposal.enabled"]);
        let unknown = json!({ "proposal": { "strategies": [{ "name": "default", "segments": [9] }] } });
        assert_eq!(ask(&app, &ann, &path, unknown).await.bad_fields(), ["strategies[0].segments[0]"]);
    }

    async fn a_change_waits_for_its_time(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let ann = bench.with_role(Role::Admin);
        let path = flag(&app, &ann, "f", json!({ "enabled": false })).await;
        let at = app.host.clock.now().plus_seconds(3_600);
        let body = json!({ "proposal": { "enabled": true }, "applyAt": at });
        let change = ask(&app, &ann, &path, body.clone()).await;
        assert_eq!((change.status, &change.body["state"]), (StatusCode::CREATED, &json!("scheduled")), "{change:?}");
        let past = app.host.clock.now().plus_seconds(-1);
        assert_eq!(ask(&app, &ann, &path, json!({ "proposal": { "enabled": true }, "applyAt": past })).await.bad_fields(), ["applyAt"]);
        let jobs = banyan_flags::service().jobs_of(&app.host);
        let runner = Runner::new(app.host.store.clone(), jobs, Arc::new(OsRandom)).unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(runner.run(stopped));
        assert!(!is_on(&shared, &bench, "f"));
        bench.clock.advance_seconds(3_601);
        let begun = Instant::now();
        while !is_on(&shared, &bench, "f") {
            assert!(begun.elapsed() < PATIENCE, "its time has come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let history = app.get(&ann, &format!("{path}/history")).await;
        assert_eq!((&history.body["data"][0]["act"], &history.body["data"][0]["changedBy"]), (&json!("applied"), &Value::Null));
        stop.send(true).unwrap();
        running.await.unwrap();
    }
}
