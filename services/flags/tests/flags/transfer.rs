//! Flags out and in, and flags that somebody should look at.

use banyan_features::Context;
use banyan_kernel::Role;
use banyan_testkit::{Bench, on_both_engines};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{FLAGS, app, flag, is_on, production};

const EXPORT: &str = "/api/v1/admin/flag-export";
const IMPORT: &str = "/api/v1/admin/flag-import";

/// As Unleash 7 writes it, with members that Banyan does not know.
fn unleash() -> Value {
    json!({
        "features": [
            { "name": "checkout.v2", "description": "The new one", "type": "release", "project": "default", "stale": false,
              "impressionData": true, "archived": false, "createdAt": "2024-01-15T10:00:00.000Z", "archivedAt": null, "lastSeenAt": null },
            { "name": "checkout.child", "type": "experiment", "project": "default", "stale": false }
        ],
        "featureStrategies": [
            { "name": "flexibleRollout", "id": "1", "featureName": "checkout.v2", "title": "", "parameters": { "groupId": "checkout.v2", "rollout": "100", "stickiness": "default" },
              "constraints": [{ "values": ["ID"], "inverted": false, "operator": "IN", "contextName": "country", "caseInsensitive": false }],
              "variants": [{ "name": "a", "weight": 1000, "weightType": "variable", "stickiness": "default", "payload": { "type": "string", "value": "x" } }],
              "disabled": false, "segments": [41] }
        ],
        "featureEnvironments": [
            { "enabled": true, "featureName": "checkout.v2", "environment": "production", "variants": [], "name": "checkout.v2" },
            { "enabled": true, "featureName": "checkout.child", "environment": "production", "variants": [
                { "name": "blue", "weight": 500, "weightType": "variable", "stickiness": "default", "overrides": [] },
                { "name": "red", "weight": 500, "weightType": "variable", "stickiness": "default", "overrides": [] }], "name": "checkout.child" }
        ],
        "contextFields": [{ "name": "country", "description": "" }],
        "featureTags": [{ "featureName": "checkout.v2", "tagType": "simple", "tagValue": "web" }, { "featureName": "checkout.v2", "tagType": "team", "tagValue": "pay" }],
        "segments": [{ "id": 41, "name": "Grown-ups", "constraints": [{ "contextName": "age", "operator": "NUM_GTE", "value": "18" }] }],
        "tagTypes": [{ "name": "simple", "icon": "#" }],
        "dependencies": [{ "feature": "checkout.child", "dependencies": [{ "feature": "checkout.v2", "enabled": true }] }]
    })
}

on_both_engines! {
    async fn what_unleash_exports_is_taken_and_given_back(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let looked = app.post(&caller, IMPORT, json!({ "dryRun": true, "data": unleash() })).await;
        assert_eq!((looked.status, looked.body["created"].as_array().unwrap().len()), (StatusCode::OK, 2), "{looked:?}");
        assert_eq!(app.get(&caller, &format!("{FLAGS}/checkout.v2")).await.status, StatusCode::FORBIDDEN, "it has looked only");
        let done = app.post(&caller, IMPORT, json!({ "data": unleash() })).await;
        assert_eq!((done.status, &done.body["segments"]), (StatusCode::OK, &json!(["Grown-ups"])), "{done:?}");
        let adult = || Context::of_user("ann").with("country", "ID").with("age", "20");
        let snapshot = production(&shared, &bench);
        assert!(snapshot.enabled("checkout.v2", &adult()) && snapshot.enabled("checkout.child", &adult()));
        assert!(!snapshot.enabled("checkout.child", &adult().with("age", "17")), "what it needs is off");
        assert_eq!(snapshot.evaluate("checkout.v2", &adult()).unwrap().variant.unwrap().name, "a");
        let again = app.post(&caller, IMPORT, json!({ "data": unleash() })).await;
        assert_eq!((&again.body["created"], &again.body["changed"], &again.body["unchanged"]), (&json!([]), &json!([]), &json!(2)), "{again:?}");
        let exported = app.get(&caller, &format!("{EXPORT}?tag=team:pay")).await;
        assert_eq!(exported.body["features"].as_array().unwrap().len(), 1);
        let whole = app.get(&caller, EXPORT).await;
        let other = bench.in_other_tenant(&caller);
        let taken = app.post(&other, IMPORT, json!({ "data": whole.body })).await;
        assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
        let back = app.get(&other, EXPORT).await;
        for part in ["features", "featureStrategies", "featureEnvironments", "featureTags", "dependencies"] {
            let strip = |value: &Value| value[part].as_array().unwrap().iter().map(|one| {
                let mut one = one.clone();
                one["createdAt"] = Value::Null;
                one["segments"] = Value::Null;
                one.to_string()
            }).collect::<Vec<_>>();
            assert_eq!(strip(&back.body), strip(&whole.body), "{part}");
        }
    }

    async fn what_cannot_be_taken_changes_nothing(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let bad = async |change: &dyn Fn(&mut Value)| {
            let mut data = unleash();
            change(&mut data);
            let answer = app.post(&caller, IMPORT, json!({ "data": data })).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            assert_eq!(app.get(&caller, &format!("{FLAGS}?search=checkout")).await.body["pagination"]["total"], 0);
            answer.bad_fields()
        };
        assert_eq!(bad(&|data| data["featureStrategies"][0]["name"] = json!("custom")).await, ["data.checkout.v2.strategies[0].name"]);
        assert_eq!(bad(&|data| data["features"][0]["name"] = json!("a/b")).await, ["data.features[0].name"]);
        assert_eq!(bad(&|data| data["segments"][0]["constraints"] = Value::Null).await, ["data.segments[0].name"]);
        assert_eq!(bad(&|data| data["dependencies"][0]["dependencies"][0]["feature"] = json!("nobody")).await, ["data.checkout.child.dependencies[0].feature"]);
        assert_eq!(bad(&|data| data["features"] = json!("text")).await, ["data.features"]);
        let answer = app.post(&caller, IMPORT, json!({ "environment": "nowhere", "data": unleash() })).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }

    async fn ten_thousand_flags_come_in_one_document(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        // Those of the application's manifest are there already.
        let there = app.get(&caller, FLAGS).await.body["pagination"]["total"].as_u64().unwrap();
        let most = 10_000 - usize::try_from(there).unwrap();
        let key = |number: usize| format!("flag.{number:05}");
        let values: Vec<String> = (0..10_000).map(|number| format!("user-{number}")).collect();
        let segment = json!({ "id": 7, "name": "Listed", "constraints": [{ "contextName": "userId", "operator": "IN", "values": values }] });
        let strategy = |number: usize| json!({
            "featureName": key(number), "name": "flexibleRollout", "parameters": { "rollout": "100", "stickiness": "default" },
            "segments": if number == 0 { json!([7]) } else { json!([]) }
        });
        let document = |count: usize| json!({
            "features": (0..count).map(|number| json!({ "name": key(number), "type": "release" })).collect::<Vec<_>>(),
            "featureStrategies": (0..count).map(strategy).collect::<Vec<_>>(),
            "featureEnvironments": (0..count).map(|number| json!({ "featureName": key(number), "enabled": number % 2 == 0 })).collect::<Vec<_>>(),
            "segments": [segment],
            "dependencies": [{ "feature": key(4), "dependencies": [{ "feature": key(2), "enabled": true }] }]
        });
        let refused = app.post(&caller, IMPORT, json!({ "data": document(10_001) })).await;
        assert_eq!(refused.bad_fields(), ["data.features"], "one too many");
        let done = app.post(&caller, IMPORT, json!({ "data": document(most) })).await;
        let made = done.body["created"].as_array().map(Vec::len);
        assert_eq!((done.status, made), (StatusCode::OK, Some(most)), "{}", done.body["detail"]);
        let snapshot = production(&shared, &bench);
        assert!(snapshot.enabled(&key(9_000), &Context::of_user("ann")) && !snapshot.enabled(&key(9_001), &Context::of_user("ann")));
        let in_segment = |user: &str| snapshot.enabled(&key(0), &Context::of_user(user));
        assert!(in_segment("user-9999") && !in_segment("user-10000"));
        let again = app.post(&caller, IMPORT, json!({ "data": document(most) })).await;
        assert_eq!((&again.body["created"], &again.body["changed"], &again.body["unchanged"]), (&json!([]), &json!([]), &json!(most)));
        let mut changed = document(most);
        changed["featureEnvironments"][5]["enabled"] = json!(true);
        changed["dependencies"] = json!([{ "feature": key(2), "dependencies": [{ "feature": key(4), "enabled": true }] }]);
        let turned = app.post(&caller, IMPORT, json!({ "data": changed })).await;
        assert_eq!(turned.body["changed"], json!([key(2), key(4), key(5)]), "who needs whom may turn round in one document");
        let more = json!({ "data": { "features": [{ "name": "one.more" }] } });
        let full = app.post(&caller, IMPORT, more).await;
        assert_eq!(full.status, StatusCode::CONFLICT, "{full:?}");
    }

    async fn a_report_says_what_to_look_at(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        flag(&app, &caller, "everybody", json!({ "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": { "rollout": "100" } }] })).await;
        flag(&app, &caller, "half", json!({ "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": { "rollout": "50" } }] })).await;
        app.patch(&caller, &format!("{FLAGS}/half"), json!({ "stale": true, "expiresAt": app.host.clock.now().plus_seconds(60) })).await;
        assert!(is_on(&shared, &bench, "everybody"));
        shared.write(&app.host).await.unwrap();
        let report = async |bench: &Bench, seconds: i64| {
            bench.clock.advance_seconds(seconds);
            let answer = app.get(&caller, "/api/v1/admin/flag-report").await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let names = |part: &str| -> Vec<String> {
                let lines = answer.body[part].as_array().unwrap().iter();
                lines.map(|line| line["key"].as_str().unwrap().to_owned()).filter(|key| ["everybody", "half"].contains(&key.as_str())).collect()
            };
            (names("stale"), names("overdue"), names("expired"), names("fullyRolledOut"), names("neverEvaluated"))
        };
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(report(&bench, 0).await, (all(&["half"]), all(&[]), all(&[]), all(&["everybody"]), all(&[])));
        assert_eq!(report(&bench, 41 * 86_400).await, (all(&["half"]), all(&["everybody", "half"]), all(&["half"]), all(&["everybody"]), all(&["half"])));
    }
}
