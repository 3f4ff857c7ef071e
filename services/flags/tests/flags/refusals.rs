//! Who may not, and what makes no flag.

use banyan_kernel::{Caller, Permission, Role};
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{FLAGS, app, flag, put};

on_both_engines! {
    async fn only_managers_may(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        flag(&app, &admin, "f", json!({ "enabled": true })).await;
        let mut seen = 0;
        let key = |caller: Caller, scopes: &[Permission]| caller.with_key(bench.new_id(), scopes.iter().copied().collect());
        for operation in banyan_flags::service().operations().iter().filter(|one| one.path.starts_with("/api/v1/admin/")) {
            let path = operation.path.replace("{key}", "f").replace("{environment}", "production").replace("{name}", "production");
            let path = path.replace("{version}", "1").replace("{id}", &bench.new_id().to_string());
            let others = [
                (bench.anonymous(), StatusCode::UNAUTHORIZED),
                (bench.user(), StatusCode::FORBIDDEN),
                (bench.with_role(Role::Coach), StatusCode::FORBIDDEN),
                (bench.with_role(Role::Support), StatusCode::FORBIDDEN),
                (key(admin.clone(), &[Permission::UsersManage]), StatusCode::FORBIDDEN),
            ];
            for (caller, status) in others {
                let answer = app.call(&caller, operation.method.clone(), &path).json(json!({})).send().await;
                assert_eq!(answer.status, status, "{operation:?} {caller:?}");
            }
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
        let manager = key(admin, &[Permission::FlagsManage]);
        assert_eq!(app.get(&manager, FLAGS).await.status, StatusCode::OK);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let bad = async |body: Value| {
            let answer = app.post(&caller, FLAGS, body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            answer.bad_fields()
        };
        for key in ["", "a b", "a/b", "..", "audit", "ключ", "a\"b", &"x".repeat(101)] {
            assert_eq!(bad(json!({ "key": key })).await, ["key"], "{key}");
        }
        assert_eq!(bad(json!({ "key": "a", "type": "other" })).await, ["type"]);
        assert_eq!(bad(json!({ "key": "a", "tags": ["a|b", ""], "project": "" })).await, ["project", "tags[0]", "tags[1]"]);
        assert_eq!(bad(json!({ "key": "a", "environments": { "nowhere": { "enabled": true } } })).await, ["environments.nowhere"]);
        let path = flag(&app, &caller, "f", json!({ "enabled": true })).await;
        assert_eq!(bad(json!({ "key": "f" })).await, ["key"], "taken");
        let wrong = async |strategy: Value| put(&app, &caller, &path, json!({ "enabled": true, "strategies": [strategy] })).await.bad_fields();
        let at = |constraint: Value| json!({ "name": "default", "constraints": [constraint] });
        assert_eq!(wrong(json!({ "name": "flexibleRollout", "parameters": { "rollout": "150" } })).await, ["strategies[0].parameters.rollout"]);
        assert_eq!(wrong(json!({ "name": "nobodyKnows" })).await, ["strategies[0].name"]);
        assert_eq!(wrong(at(json!({ "contextName": "a", "operator": "LIKE" }))).await, ["strategies[0].constraints[0].operator"]);
        assert_eq!(wrong(at(json!({ "contextName": "a", "operator": "REGEX", "value": "(" }))).await, ["strategies[0].constraints[0].value"]);
        assert_eq!(wrong(at(json!({ "operator": "IN", "values": ["a"] }))).await, ["strategies[0].constraints[0].contextName"]);
        assert_eq!(wrong(at(json!({ "contextName": "a", "operator": "IN", "values": [] }))).await, ["strategies[0].constraints[0].values"]);
        assert_eq!(wrong(at(json!({ "contextName": "a\"] or true", "operator": "IN", "values": ["a"] }))).await, ["strategies[0].constraints[0].contextName"]);
        let nested: Vec<Value> = (0..31).map(|_| json!({ "name": "default" })).collect();
        assert_eq!(put(&app, &caller, &path, json!({ "enabled": true, "strategies": nested })).await.bad_fields(), ["strategies"]);
        let unknown = put(&app, &caller, &path, json!({ "enabled": true, "more": 1 })).await;
        assert_eq!(unknown.bad_fields(), ["more"]);
        let indonesian = app.call(&caller, Method::PUT, &format!("{path}/environments/production")).header("accept-language", "id");
        let answer = indonesian.json(json!({ "enabled": true, "variants": [{ "name": "a", "weight": 1 }] })).send().await;
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("bobot"), "{answer:?}");
    }

    async fn of_two_writers_both_count_or_one_is_told(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "f", json!({ "enabled": true })).await;
        let tag = app.get(&caller, &path).await.header("etag").to_owned();
        let change = |text: &str| app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(json!({ "description": text })).send();
        let (one, two) = tokio::join!(change("one"), change("two"));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let (a, b) = (json!({ "key": "a" }), json!({ "key": "b" }));
        let (one, two) = tokio::join!(app.post(&caller, FLAGS, a), app.post(&caller, FLAGS, b));
        assert_eq!((one.status, two.status), (StatusCode::CREATED, StatusCode::CREATED));
        let needs = |key: &str, feature: &str| app.call(&caller, Method::PATCH, &format!("{FLAGS}/{key}")).json(json!({ "dependencies": [{ "feature": feature }] })).send();
        let (one, two) = tokio::join!(needs("a", "b"), needs("b", "a"));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "no circle comes from two at once");
    }
}
