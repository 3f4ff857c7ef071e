//! Sessions listed and ended, and logging out.

use banyan_kernel::ErrorCode;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, Person};

const SESSIONS: &str = "/api/v1/auth/sessions";

on_both_engines! {
    async fn sessions_are_listed_with_the_one_that_asks(bench: Bench) {
        let desk = Desk::at(bench).await;
        let phone = desk.register("maya@example.org").await;
        desk.bench.clock.advance_seconds(60);
        let call = desk.app.call(&desk.nobody(), Method::POST, "/api/v1/auth/login").header("user-agent", "Tablet/1");
        let answer = call.json(json!({ "email": "maya@example.org", "password": PASSWORD })).send().await;
        let tablet = Person::of(&answer.body);
        desk.register("sam@example.org").await;
        let list = desk.get(&tablet, SESSIONS).await;
        assert_eq!(list.status, StatusCode::OK, "{list:?}");
        assert_eq!(list.body["pagination"]["total"], 2);
        let sessions = list.body["data"].as_array().unwrap();
        assert_eq!(sessions[0]["current"], true);
        assert_eq!(sessions[0]["userAgent"], "Tablet/1");
        assert_eq!(sessions[1]["current"], false);
        assert!(!list.body.to_string().contains("bnr_"));
        let other = sessions[1]["id"].as_str().unwrap();
        let ended = desk.call(&tablet, Method::DELETE, &format!("{SESSIONS}/{other}"), None).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended:?}");
        assert_eq!(desk.try_caller(&phone.access).await.unwrap_err(), ErrorCode::InvalidToken, "at once");
        assert_eq!(desk.refresh(&phone.refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.get(&tablet, SESSIONS).await.body["pagination"]["total"], 1);
    }

    async fn all_others_can_be_ended_at_once(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body));
        }
        assert_eq!(desk.call(&maya, Method::DELETE, SESSIONS, None).await.status, StatusCode::NO_CONTENT);
        for other in &others {
            assert!(desk.try_caller(&other.access).await.is_err());
        }
        assert_eq!(desk.get(&maya, SESSIONS).await.body["pagination"]["total"], 1);
    }

    async fn a_credential_that_the_edge_remembers_is_told_of_the_end(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let remembered = desk.identity.authenticate(&maya.access).await.unwrap();
        assert!(!remembered.is_revoked());
        assert_eq!(desk.call(&maya, Method::POST, "/api/v1/auth/logout", None).await.status, StatusCode::NO_CONTENT);
        desk.heard().await;
        assert!(remembered.is_revoked());
    }

    async fn somebody_elses_session_is_hidden(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let sam = desk.register("sam@example.org").await;
        let list = desk.get(&maya, SESSIONS).await;
        let session = list.body["data"][0]["id"].as_str().unwrap();
        for id in [session, &desk.bench.new_id().to_string()] {
            let answer = desk.call(&sam, Method::DELETE, &format!("{SESSIONS}/{id}"), None).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{answer:?}");
        }
        assert!(desk.try_caller(&maya.access).await.is_ok());
    }

    async fn logging_out_takes_either_token(bench: Bench) {
        let desk = Desk::at(bench).await;
        let by_access = desk.register("maya@example.org").await;
        let by_refresh = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        assert_eq!(desk.call(&by_access, Method::POST, "/api/v1/auth/logout", None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.refresh(&by_access.refresh).await.status, StatusCode::UNAUTHORIZED);
        let answer = desk.post("logout", json!({ "refreshToken": by_refresh.refresh })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
        assert!(desk.try_caller(&by_refresh.access).await.is_err());
        let again = desk.post("logout", json!({ "refreshToken": by_refresh.refresh })).await;
        assert_eq!(again.status, StatusCode::NO_CONTENT, "twice is as good as once");
        let unknown = desk.post("logout", json!({ "refreshToken": "bnr_unknown" })).await;
        assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
        let nothing = desk.app.call(&desk.nobody(), Method::POST, "/api/v1/auth/logout").send().await;
        assert_eq!(nothing.status, StatusCode::UNAUTHORIZED);
    }

    async fn changing_the_password_ends_all_other_sessions(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let other = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        let path = "/api/v1/auth/password/change";
        let change = |present: &str, new: &str| json!({ "currentPassword": present, "password": new });
        let wrong = desk.call(&maya, Method::POST, path, Some(change("wrong", "warm oven bread"))).await;
        assert_eq!(wrong.code(), "invalid-credentials");
        let weak = desk.call(&maya, Method::POST, path, Some(change(PASSWORD, "password1"))).await;
        assert_eq!(weak.code(), "weak-password");
        let changed = desk.call(&maya, Method::POST, path, Some(change(PASSWORD, "warm oven bread"))).await;
        assert_eq!(changed.status, StatusCode::NO_CONTENT, "{changed:?}");
        assert!(desk.try_caller(&other.access).await.is_err());
        assert!(desk.try_caller(&maya.access).await.is_ok());
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.log_in("maya@example.org", "warm oven bread").await.status, StatusCode::OK);
    }
}
