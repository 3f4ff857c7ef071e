//! Every security-relevant act leaves a record, and the chain holds.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, secret};

on_both_engines! {
    async fn a_life_leaves_its_records(bench: Bench) {
        let desk = Desk::at(bench).await;
        let owner = desk.with_role(Role::Owner, "owner@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let mail = desk.mails().await.remove(0);
        desk.post("verify-email", json!({ "token": secret(&mail) })).await;
        desk.log_in("maya@example.org", "wrong").await;
        desk.log_in("maya@example.org", PASSWORD).await;
        desk.call(&maya, Method::POST, "/api/v1/auth/logout", None).await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let mail = desk.mails().await.remove(0);
        desk.post("password/reset", json!({ "token": secret(&mail), "password": "warm oven bread" })).await;
        let user = format!("/api/v1/admin/users/{}", maya.id);
        desk.call(&owner, Method::PUT, &format!("{user}/roles"), Some(json!({ "roles": ["coach"] }))).await;
        desk.call(&owner, Method::POST, &format!("{user}/disable"), None).await;
        let actions = desk.audited(&owner, maya.id).await;
        let expected = [
            "user.registered",
            "session.opened",
            "email.verified",
            "login.failed",
            "session.opened",
            "session.revoked",
            "password.reset-requested",
            "password.reset",
            "session.revoked",
            "user.roles-changed",
            "user.disabled",
        ];
        assert_eq!(actions, expected);
        let verified = desk.app.store.verify_audit().await.unwrap();
        assert!(verified.records >= expected.len() as i64);
    }

    async fn records_name_the_actor_and_can_be_filtered(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        desk.call(&admin, Method::POST, &format!("/api/v1/admin/users/{}/disable", maya.id), None).await;
        let path = format!("/api/v1/admin/audit?actor={}&action=user.disabled", admin.id);
        let answer = desk.get(&admin, &path).await;
        assert_eq!(answer.body["pagination"]["total"], 1, "{answer:?}");
        let record = &answer.body["data"][0];
        assert_eq!((&record["actor"], &record["actorId"], &record["subjectId"]), (&json!("user"), &json!(admin.id), &json!(maya.id)));
        let none = desk.get(&admin, "/api/v1/admin/audit?from=2030-01-01T00:00:00Z").await;
        assert_eq!(none.body["pagination"]["total"], 0);
        assert_eq!(desk.get(&admin, "/api/v1/admin/audit?from=yesterday").await.bad_fields(), ["from"]);
    }

    async fn no_record_holds_a_secret_or_an_address(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        desk.register("maya@example.org").await;
        desk.log_in("maya@example.org", "wrong guess").await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let answer = desk.get(&admin, "/api/v1/admin/audit?limit=100").await;
        assert_eq!(answer.status, StatusCode::OK);
        let text = answer.body.to_string();
        for word in ["maya@", PASSWORD, "wrong guess", "argon2", "bnr_", "bnp_", "bnv_"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    async fn another_tenants_records_are_out_of_sight(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let before = desk.get(&admin, "/api/v1/admin/audit").await.body["pagination"]["total"].clone();
        desk.identity.create_tenant(&crate::support::tenant("gym")).await.unwrap();
        assert_eq!(desk.get(&admin, "/api/v1/admin/audit").await.body["pagination"]["total"], before);
    }
}
