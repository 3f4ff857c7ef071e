//! Tests of ways: does it arrive?

use banyan_kernel::Role;
use banyan_notifications::{Hope, NotSent};
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{EMAIL, Place};

const TEST: &str = "/api/v1/notifications/test";
const ADMIN_TEST: &str = "/api/v1/admin/notifications/test";

on_both_engines! {
    async fn each_own_way_is_tried_at_once_and_told_of(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        let device = json!({ "way": "fcm", "token": "a-registration-token", "label": "My phone" });
        assert_eq!(place.app.post(&ann, "/api/v1/notifications/endpoints", device).await.status, StatusCode::CREATED);
        let answer = place.app.post(&ann, TEST, json!({})).await;
        let data = answer.body["data"].as_array().unwrap();
        let ways: Vec<_> = data.iter().map(|one| (one["way"].as_str().unwrap(), one["sent"].as_bool().unwrap())).collect();
        assert_eq!(ways, [("email", true), ("fcm", true)], "{answer:?}");
        assert_eq!((data[0]["address"].as_str(), data[0]["providerId"].as_str()), (Some("a…@example.com"), Some("ref-1")));
        assert_eq!(place.out.mails()[0].subject, "Sebuah percobaan");
        place.until(&bench, &["email sent", "fcm sent"]).await;
        // What fails for now is told, too, and not tried again.
        place.out.answers.lock().push_back(Err(NotSent { hope: Hope::Later(None), reason: "answered 503".to_owned() }));
        let answer = place.app.post(&ann, TEST, json!({ "channel": "email" })).await;
        let one = &answer.body["data"][0];
        assert_eq!((one["sent"].as_bool(), one["reason"].as_str()), (Some(false), Some("answered 503")));
        place.out.answers.lock().push_back(Err(NotSent { hope: Hope::AddressGone, reason: "answered 404".to_owned() }));
        let answer = place.app.post(&ann, TEST, json!({ "channel": "push" })).await;
        assert_eq!(answer.body["data"][0]["sent"], false, "{answer:?}");
        let gone = place.app.get(&ann, "/api/v1/notifications/endpoints").await;
        assert!(gone.body["data"][0]["goneAt"].is_string(), "{gone:?}");
        assert_eq!(place.app.post(&ann, TEST, json!({ "channel": "push" })).await.body["data"], json!([]));
        place.app.post(&ann, TEST, json!({ "channel": "email" })).await;
        assert_eq!(place.app.post(&ann, TEST, json!({})).await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(place.app.post(&place.person(&bench), TEST, json!({})).await.status, StatusCode::OK);
    }

    async fn operators_mail_a_template_to_an_address(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let good = json!({ "template": "habit-reminder", "locale": "id-ID", "arguments": { "habit": "Membaca" }, "address": EMAIL });
        let answer = place.app.post(&admin, ADMIN_TEST, good.clone()).await;
        assert_eq!((answer.status, answer.body["sent"].as_bool()), (StatusCode::OK, Some(true)), "{answer:?}");
        assert_eq!((place.out.mails()[0].subject.as_str(), place.out.mails()[0].to.as_str()), ("Saatnya: Membaca", EMAIL));
        for (name, value, field) in [
            ("template", json!("no-such"), "template"),
            ("arguments", json!({}), "arguments"),
            ("locale", json!("xx-YY"), "locale"),
            ("address", json!("nobody"), "address"),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            let answer = place.app.post(&admin, ADMIN_TEST, bad).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{answer:?}");
        }
        place.out.answers.lock().push_back(Err(NotSent { hope: Hope::AddressGone, reason: "answered 550 5.1.1".to_owned() }));
        assert_eq!(place.app.post(&admin, ADMIN_TEST, good.clone()).await.body["reason"], "answered 550 5.1.1");
        assert_eq!(place.app.post(&admin, ADMIN_TEST, good).await.body["reason"], "suppressed");
        assert_eq!(place.out.mails().len(), 2);
    }
}
