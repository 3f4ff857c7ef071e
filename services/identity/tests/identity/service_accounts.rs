//! Programs with a secret.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::Desk;

on_both_engines! {
    async fn a_program_gets_tokens_for_its_secret(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let body = json!({ "name": "Nightly export", "roles": ["service", "analyst"] });
        let made = desk.call(&admin, Method::POST, "/api/v1/admin/service-accounts", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let (client, secret) = (&made.body["clientId"], &made.body["clientSecret"]);
        let token = desk.post("token", json!({ "clientId": client, "clientSecret": secret })).await;
        assert_eq!((token.status, &token.body["tokenType"]), (StatusCode::OK, &json!("Bearer")), "{token:?}");
        let access = token.body["accessToken"].as_str().unwrap();
        let caller = desk.caller(access).await;
        assert!(caller.roles.contains(Role::Analyst) && !caller.roles.contains(Role::Admin));
        assert_eq!(json!(caller.user_id()), *client);
        for (id, other) in [(client, &json!("bnc_wrong")), (&json!(admin.id), secret)] {
            let answer = desk.post("token", json!({ "clientId": id, "clientSecret": other })).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "invalid-credentials"));
        }
        let id = client.as_str().unwrap();
        desk.call(&admin, Method::POST, &format!("/api/v1/admin/users/{id}/disable"), None).await;
        assert!(desk.try_caller(access).await.is_err());
        assert_eq!(desk.post("token", json!({ "clientId": client, "clientSecret": secret })).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn an_admin_makes_no_program_that_is_more(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let body = json!({ "name": "Root", "roles": ["owner"] });
        assert_eq!(desk.call(&admin, Method::POST, "/api/v1/admin/service-accounts", Some(body)).await.status, StatusCode::FORBIDDEN);
    }
}
