//! Segments that strategies share.

use banyan_features::Context;
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{app, flag, production, put};

const SEGMENTS: &str = "/api/v1/admin/flag-segments";

on_both_engines! {
    async fn a_segment_counts_for_all_that_name_it(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let constraint = |value: &str| json!([{ "contextName": "country", "operator": "IN", "values": [value] }]);
        let made = app.post(&caller, SEGMENTS, json!({ "name": "Indonesia", "constraints": constraint("ID") })).await;
        assert_eq!((made.status, &made.body["number"]), (StatusCode::CREATED, &json!(1)), "{made:?}");
        assert_eq!(app.post(&caller, SEGMENTS, json!({ "name": "Indonesia", "constraints": [] })).await.bad_fields(), ["name"]);
        let segment = format!("{SEGMENTS}/{}", made.body["id"].as_str().unwrap());
        let settings = |number: i64| json!({ "enabled": true, "strategies": [{ "name": "default", "segments": [number] }] });
        let path = flag(&app, &caller, "f", settings(1)).await;
        let on = |country: &str| production(&shared, &bench).enabled("f", &Context::default().with("country", country));
        assert!(on("ID") && !on("DE"));
        assert_eq!(put(&app, &caller, &path, settings(7)).await.bad_fields(), ["strategies[0].segments[0]"]);
        let changed = app.patch(&caller, &segment, json!({ "constraints": constraint("DE") })).await;
        assert_eq!((changed.status, &changed.body["version"]), (StatusCode::OK, &json!(2)), "{changed:?}");
        assert!(!on("ID") && on("DE"), "at once");
        assert_eq!(app.delete(&caller, &segment).await.body["names"], json!(["f"]));
        put(&app, &caller, &path, json!({ "enabled": true })).await;
        assert_eq!(app.delete(&caller, &segment).await.status, StatusCode::NO_CONTENT);
        let two = app.post(&caller, SEGMENTS, json!({ "name": "Two", "constraints": [] })).await;
        assert_eq!((two.status, two.body["number"].as_i64()), (StatusCode::CREATED, Some(1)));
    }

    async fn ten_thousand_values_work_and_more_are_refused(bench: Bench) {
        let mut bench = bench;
        let (app, shared) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let body = |count: usize| {
            let values: Vec<String> = (0..count).map(|number| format!("user-{number}")).collect();
            json!({ "name": format!("{count}"), "constraints": [{ "contextName": "userId", "operator": "IN", "values": values }] })
        };
        let made = app.post(&caller, SEGMENTS, body(10_000)).await;
        assert_eq!(made.status, StatusCode::CREATED);
        flag(&app, &caller, "f", json!({ "enabled": true, "strategies": [{ "name": "default", "segments": [made.body["number"]] }] })).await;
        let on = |user: &str| production(&shared, &bench).enabled("f", &Context::of_user(user));
        assert!(on("user-9999") && !on("user-10000"));
        let refused = app.post(&caller, SEGMENTS, body(10_001)).await;
        assert_eq!(refused.bad_fields(), ["constraints[0].values"]);
        assert!(refused.body.to_string().contains("10,000"), "{refused:?}");
    }
}
