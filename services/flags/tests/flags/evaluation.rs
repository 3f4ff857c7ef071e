//! What is stored, as it is evaluated.

use banyan_features::Context;
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{FLAGS, app, flag, is_on, production, put};

on_both_engines! {
    /// FF-2: `user-0` … `user-99`.
    async fn half_of_the_users_is_half_of_them(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        app.get(&bench.with_role(Role::Admin), FLAGS).await;
        let snapshot = production(&shared, &bench);
        let on = |user: u32| snapshot.enabled("new-dashboard", &Context::of_user(format!("user-{user}")));
        let count = (0..100).filter(|user| on(*user)).count();
        assert!((41..=59).contains(&count), "{count}");
        assert!((0..100).all(|user| on(user) == on(user)), "the same people at each look");
        assert!(snapshot.enabled("voice-journal", &Context::default()) && !snapshot.enabled("no-such-flag", &Context::default()));
    }

    async fn each_way_to_choose_people_chooses_them(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "f", json!({ "enabled": true })).await;
        let constraint = |name: &str, operator: &str, more: Value| {
            let mut one = json!({ "contextName": name, "operator": operator });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([{ "name": "default", "constraints": [one] }])
        };
        let ann = || Context::of_user("ann").with("role", "coach").with("locale", "id-ID").from_address("10.1.2.3");
        let noon = "2024-01-15T12:00:00Z".parse().unwrap();
        let cases = [
            (json!([{ "name": "userWithId", "parameters": { "userIds": "bob, ann" } }]), ann(), Context::of_user("eve")),
            (json!([{ "name": "remoteAddress", "parameters": { "IPs": "10.0.0.0/8" } }]), ann(), Context::of_user("ann").from_address("11.0.0.1")),
            (constraint("role", "IN", json!({ "values": ["coach"] })), ann(), Context::of_user("ann").with("role", "user")),
            (constraint("locale", "STR_STARTS_WITH", json!({ "values": ["id"] })), ann(), Context::of_user("ann").with("locale", "en-US")),
            (constraint("remoteAddress", "IN_CIDR", json!({ "values": ["10.1.0.0/16"] })), ann(), Context::default().from_address("10.2.0.1")),
            (constraint("currentTime", "DATE_AFTER", json!({ "value": "2024-01-15T11:00:00Z" })), ann().at(noon), ann()),
            (constraint("version", "SEMVER_GTE", json!({ "value": "2.0.0" })), ann().with("version", "2.1.0"), ann().with("version", "1.9.9")),
            (constraint("age", "NUM_GT", json!({ "value": "17.5" })), ann().with("age", "18"), ann().with("age", "17")),
            (constraint("plan", "REGEX", json!({ "value": "^(pro|team)$" })), ann().with("plan", "pro"), ann().with("plan", "probably")),
            (constraint("userId", "NOT_IN", json!({ "values": ["ann"], "inverted": true })), ann(), Context::of_user("eve")),
            (json!([{ "name": "flexibleRollout", "parameters": { "rollout": "100" } }]), ann(), Context::default()),
        ];
        for (place, (strategies, yes, no)) in cases.into_iter().enumerate() {
            let answer = put(&app, &caller, &path, json!({ "enabled": true, "strategies": strategies })).await;
            assert_eq!(answer.status, StatusCode::OK, "{place}: {answer:?}");
            let snapshot = production(&shared, &bench);
            assert!(snapshot.enabled("f", &yes), "{place}: {answer:?}");
            assert!(place == 10 || !snapshot.enabled("f", &no), "{place}: {answer:?}");
        }
        let all_disabled = json!({ "enabled": true, "strategies": [{ "name": "default", "disabled": true }] });
        put(&app, &caller, &path, all_disabled).await;
        assert!(!is_on(&shared, &bench, "f"), "a strategy that is set aside makes nobody of everybody");
    }

    async fn variants_and_dependencies_hold(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let variants = json!([
            { "name": "blue", "weight": 500, "payload": { "type": "string", "value": "#00f" }, "overrides": [{ "contextName": "userId", "values": ["ann"] }] },
            { "name": "red", "weight": 500 }
        ]);
        let path = flag(&app, &caller, "button", json!({ "enabled": true, "variants": variants })).await;
        let value = production(&shared, &bench).evaluate("button", &Context::of_user("ann")).unwrap();
        assert_eq!(value.variant.map(|variant| variant.name), Some("blue".to_owned()));
        flag(&app, &caller, "child", json!({ "enabled": true })).await;
        let child = format!("{FLAGS}/child");
        let needs = |feature: &str| json!({ "dependencies": [{ "feature": feature }] });
        assert_eq!(app.patch(&caller, &child, needs("button")).await.status, StatusCode::OK);
        assert!(is_on(&shared, &bench, "child"));
        assert_eq!(app.post(&caller, &format!("{path}/archive"), Value::Null).await.body["names"], json!(["child"]));
        app.post(&caller, &format!("{path}/environments/production/off"), Value::Null).await;
        assert!(!is_on(&shared, &bench, "child"), "what it needs is off");
        for (path, feature, code) in [(&path, "child", "circular"), (&child, "child", "circular"), (&child, "nothing", "unknown-flag")] {
            let refused = app.patch(&caller, path, needs(feature)).await;
            assert_eq!((refused.status, &refused.body["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{refused:?}");
        }
        flag(&app, &caller, "grandchild", json!({ "enabled": true })).await;
        let deep = app.patch(&caller, &format!("{FLAGS}/grandchild"), needs("child")).await;
        assert_eq!(deep.body["errors"][0]["code"], "too-deep", "{deep:?}");
    }

    async fn what_is_counted_shows(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let path = flag(&app, &caller, "button", json!({ "enabled": true, "variants": [{ "name": "blue", "weight": 1000 }] })).await;
        for _ in 0..3 {
            production(&shared, &bench).evaluate("button", &Context::default());
        }
        let told = |flag: &str, yes| banyan_flags::Told { flag: flag.to_owned(), yes, no: 2, variants: vec![("blue".to_owned(), yes)] };
        let now = app.host.clock.now();
        shared.sums.add(&shared.features, bench.tenant, "production", [told("button", 4), told("not-there", 9)], now);
        shared.write(&app.host).await.unwrap();
        shared.sums.add(&shared.features, bench.tenant, "production", [told("button", 1)], now);
        shared.write(&app.host).await.unwrap();
        let usage = app.get(&caller, &format!("{path}/usage")).await;
        assert_eq!((&usage.body["yes"], &usage.body["no"], &usage.body["variants"]["blue"]), (&json!(8), &json!(4), &json!(8)), "{usage:?}");
        assert_eq!(usage.body["hours"].as_array().unwrap().len(), 1);
        let none = app.get(&caller, &format!("{path}/usage?environment=development")).await;
        assert_eq!((none.status, &none.body["yes"]), (StatusCode::OK, &json!(0)));
        let long = app.get(&caller, &format!("{path}/usage?from=2024-01-01T00:00:00Z&to=2025-01-01T00:00:00Z")).await;
        assert_eq!(long.bad_fields(), ["to"]);
    }
}
