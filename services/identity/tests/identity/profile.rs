//! Profile and preferences.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Desk;

const PROFILE: &str = "/api/v1/users/profile";
const PREFERENCES: &str = "/api/v1/users/preferences";

on_both_engines! {
    async fn a_profile_is_changed_and_tagged(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let before = desk.get(&maya, PROFILE).await;
        assert_eq!(before.body["locale"], Value::Null);
        let tag = before.header("etag").to_owned();
        let caller = desk.caller(&maya.access).await;
        let unchanged = desk.app.call(&caller, Method::GET, PROFILE).header("if-none-match", &tag).send().await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
        let change = json!({ "name": " Maya H. ", "timeZone": "Asia/Jakarta", "locale": "id" });
        let after = desk.app.call(&caller, Method::PATCH, PROFILE).header("if-match", &tag).json(change).send().await;
        assert_eq!(after.status, StatusCode::OK, "{after:?}");
        assert_eq!(after.body["name"], "Maya H.");
        assert_eq!(after.body["timeZone"], "Asia/Jakarta");
        assert_eq!(after.body["locale"], "id-ID");
        assert_ne!(after.header("etag"), tag);
        let late = desk.app.call(&caller, Method::PATCH, PROFILE).header("if-match", &tag).json(json!({ "name": "Late" })).send().await;
        assert_eq!(late.code(), "precondition-failed");
        let cleared = desk.app.patch(&caller, PROFILE, json!({ "timeZone": null })).await;
        assert_eq!((&cleared.body["timeZone"], &cleared.body["name"]), (&Value::Null, &json!("Maya H.")));
    }

    async fn what_cannot_be_is_refused(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        for (change, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "name": null }), ""),
            (json!({ "timeZone": "Mars/Olympus" }), "timeZone"),
            (json!({ "locale": "tlh" }), "locale"),
            (json!({ "email": "other@example.org" }), "email"),
            (json!({ "roles": ["owner"] }), "roles"),
        ] {
            let answer = desk.call(&maya, Method::PATCH, PROFILE, Some(change.clone())).await;
            if field.is_empty() {
                assert!(answer.status == StatusCode::OK || answer.status == StatusCode::UNPROCESSABLE_ENTITY);
                continue;
            }
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change} {answer:?}");
            assert_eq!(answer.bad_fields(), [field], "{change}");
        }
        assert_eq!(desk.get(&maya, PROFILE).await.body["roles"], json!(["user"]));
    }

    async fn preferences_are_saved_and_the_language_counts_at_once(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let none = desk.get(&maya, PREFERENCES).await;
        assert_eq!(none.body, json!({ "notifications": null, "language": null }));
        let remembered = desk.identity.authenticate(&maya.access).await.unwrap();
        assert_eq!(remembered.language(), None);
        let body = json!({ "notifications": true, "language": "id-ID" });
        let saved = desk.call(&maya, Method::POST, PREFERENCES, Some(body.clone())).await;
        assert_eq!((saved.status, &saved.body), (StatusCode::OK, &body), "{saved:?}");
        desk.heard().await;
        assert_eq!(remembered.language().as_deref(), Some("id-ID"), "for the next request");
        assert_eq!(desk.get(&maya, PREFERENCES).await.body, body);
        assert_eq!(desk.get(&maya, PROFILE).await.body["locale"], "id-ID");
        let each = json!({ "notifications": { "email": true, "push": false } });
        let saved = desk.call(&maya, Method::POST, PREFERENCES, Some(each.clone())).await;
        assert_eq!(saved.body["notifications"], each["notifications"]);
        assert_eq!(saved.body["language"], "id-ID", "left as it is");
        desk.call(&maya, Method::POST, PREFERENCES, Some(json!({ "language": null }))).await;
        desk.heard().await;
        assert_eq!(remembered.language(), None);
    }

    async fn preferences_that_cannot_be_are_refused(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        for (body, field) in [
            (json!({ "language": "xx" }), "language"),
            (json!({ "language": 5 }), "language"),
            (json!({ "notifications": "yes" }), "notifications"),
            (json!({ "notifications": { "email": "yes" } }), "notifications"),
            (json!({ "colour": "blue" }), "colour"),
        ] {
            let answer = desk.call(&maya, Method::POST, PREFERENCES, Some(body.clone())).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body} {answer:?}");
            assert!(answer.bad_fields().iter().any(|bad| bad.starts_with(field)), "{body} {answer:?}");
        }
    }

    async fn the_next_mail_is_in_the_chosen_language(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        desk.mails().await;
        desk.call(&maya, Method::POST, PREFERENCES, Some(json!({ "language": "id-ID" }))).await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        assert!(desk.mails().await[0].subject.starts_with("Buat kata sandi baru"));
    }
}
