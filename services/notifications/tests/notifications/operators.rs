//! What operators see and do.

use banyan_kernel::Role;
use banyan_notifications::{Hope, NotSent};
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{EMAIL, Place};

const ADMIN: &str = "/api/v1/admin/notifications";

on_both_engines! {
    async fn a_failed_delivery_is_seen_and_made_again(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, admin) = (place.person(&bench), bench.with_role(Role::Admin));
        place.out.answers.lock().push_back(Err(NotSent { hope: Hope::Never, reason: "answered 554".to_owned() }));
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email failed"]).await;
        let list = place.app.get(&admin, &format!("{ADMIN}/deliveries?state=failed")).await.body;
        let one = &list["data"][0];
        assert_eq!((one["reason"].as_str(), one["address"].as_str()), (Some("answered 554"), Some("a…@example.com")), "{list}");
        assert!(!list.to_string().contains(EMAIL), "the address itself is not told");
        let own = place.app.get(&ann, "/api/v1/notifications/deliveries").await.body;
        assert_eq!(own["data"][0], *one);
        assert_eq!(place.app.get(&place.person(&bench), "/api/v1/notifications/deliveries").await.body["pagination"]["total"], 0);
        let replay = format!("{ADMIN}/deliveries/{}/replay", one["id"].as_str().unwrap());
        let again = async || place.app.call(&admin, Method::POST, &replay).send().await;
        assert_eq!(again().await.status, StatusCode::OK);
        place.until(&bench, &["email sent"]).await;
        assert_eq!(again().await.status, StatusCode::CONFLICT);
        let mails = place.out.mails();
        assert_eq!((mails.len(), mails[0].id), (2, mails[1].id));
        let audit = place.app.get(&admin, &format!("{ADMIN}/audit")).await.body.to_string();
        assert!(audit.contains("delivery.replayed") && audit.contains("notification.sent"), "{audit}");
    }

    async fn a_suppressed_address_gets_nothing_until_it_is_off_the_list(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, admin) = (place.person(&bench), bench.with_role(Role::Admin));
        let list = format!("{ADMIN}/suppressions");
        let entry = json!({ "channel": "email", "address": "ANN@example.com", "reason": "asked for it" });
        let added = place.app.post(&admin, &list, entry).await;
        assert_eq!((added.status, added.body["hint"].as_str()), (StatusCode::CREATED, Some("A…@example.com")), "{added:?}");
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email failed"]).await;
        let own = place.app.get(&ann, "/api/v1/notifications/deliveries").await.body;
        assert_eq!(own["data"][0]["reason"], "suppressed", "{own}");
        let all = place.app.get(&admin, &list).await.body;
        assert!(!all.to_string().to_lowercase().contains(EMAIL), "{all}");
        let other_tenant = bench.in_other_tenant(&admin);
        assert_eq!(place.app.get(&other_tenant, &list).await.body["pagination"]["total"], 0);
        let path = format!("{list}/{}", all["data"][0]["id"].as_str().unwrap());
        assert_eq!(place.app.delete(&other_tenant, &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(place.app.delete(&admin, &path).await.status, StatusCode::NO_CONTENT);
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email failed", "email sent"]).await;
        let bad = place.app.post(&admin, &list, json!({ "channel": "email", "address": "nobody", "reason": "x" })).await;
        assert_eq!(bad.bad_fields(), ["address"]);
    }

    async fn a_template_is_looked_at_before_anybody_gets_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let path = format!("{ADMIN}/templates/preview");
        let habit = json!({ "template": "habit-reminder", "locale": "id", "arguments": { "habit": "Membaca" } });
        let preview = place.app.post(&admin, &path, habit).await;
        assert_eq!(preview.body["title"], "Saatnya: Membaca", "{preview:?}");
        assert!(preview.body["mail"]["html"].as_str().unwrap().contains("Membaca"));
        let missing = place.app.post(&admin, &path, json!({ "template": "habit-reminder", "locale": "en-US" })).await;
        assert_eq!(missing.bad_fields(), ["arguments"]);
        assert!(missing.body.to_string().contains("habit"), "{missing:?}");
        for (body, field) in [
            (json!({ "template": "habit-reminder", "locale": "tlh" }), "locale"),
            (json!({ "template": "nowhere", "locale": "en-US" }), "template"),
        ] {
            assert_eq!(place.app.post(&admin, &path, body).await.bad_fields(), [field]);
        }
        assert_eq!(place.out.mails().len(), 0);
    }
}
