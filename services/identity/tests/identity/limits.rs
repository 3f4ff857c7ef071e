//! Who is limited, shown to those who run the tenant; and letting somebody go, on record.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, LIMITED};

const LIMITS: &str = "/api/v1/admin/limits";

on_both_engines! {
    async fn an_admin_sees_who_is_limited_and_lifts_it(bench: Bench) {
        let mut bench = bench;
        // The front door is one that the test pretends.
        bench.stay_in_one_process().await;
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let list = desk.get(&admin, LIMITS).await;
        assert_eq!((list.status, &list.body["data"][0]["id"]), (StatusCode::OK, &json!(LIMITED)), "{list:?}");
        assert_eq!((&list.body["data"][0]["refused"], &list.body["pagination"]["total"]), (&json!(3), &json!(1)));
        assert_eq!(desk.get(&admin, &format!("{LIMITS}?page=2")).await.body["data"], json!([]));
        let path = format!("{LIMITS}/{LIMITED}");
        assert_eq!(desk.call(&maya, Method::DELETE, &path, None).await.status, StatusCode::FORBIDDEN);
        assert_eq!(desk.call(&admin, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
        let audit = desk.get(&admin, "/api/v1/admin/audit?limit=100").await;
        let lifted = audit.body["data"].as_array().unwrap().iter().find(|record| record["action"] == "limit.lifted");
        assert!(lifted.unwrap().to_string().contains(LIMITED), "{audit:?}");
        let elsewhere = format!("{path}?tenant={}", desk.bench.new_id());
        assert_eq!(desk.call(&admin, Method::DELETE, &elsewhere, None).await.status, StatusCode::FORBIDDEN);
        let unknown = desk.call(&admin, Method::DELETE, &format!("{LIMITS}/api:address:9.9.9.9"), None).await;
        assert_eq!(unknown.status, StatusCode::FORBIDDEN);
    }
}
