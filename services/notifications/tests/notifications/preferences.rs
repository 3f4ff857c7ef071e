//! What people want, and that it is heeded.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Place;

const PREFERENCES: &str = "/api/v1/notifications/preferences";

fn of<'v>(preferences: &'v Value, topic: &str) -> &'v Value {
    preferences["topics"].as_array().unwrap().iter().find(|one| one["topic"] == topic).unwrap()
}

on_both_engines! {
    async fn choices_stay_and_those_that_are_not_allowed_are_named(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        let before = place.app.get(&ann, PREFERENCES).await.body;
        assert_eq!((of(&before, "goals")["email"].as_str(), before["quietHours"].is_null()), (Some("daily"), true));
        let changes = json!({
            "topics": [{ "topic": "goals", "email": "weekly", "push": "off" }],
            "quietHours": { "from": "22:00", "to": "06:30" }, "timeZone": "Europe/Berlin"
        });
        let after = place.app.patch(&ann, PREFERENCES, changes).await.body;
        assert_eq!((of(&after, "goals")["email"].as_str(), of(&after, "goals")["push"].as_str()), (Some("weekly"), Some("off")));
        assert_eq!(after["quietHours"], json!({ "from": "22:00", "to": "06:30" }));
        assert_eq!(place.app.get(&ann, PREFERENCES).await.body, after);
        assert_eq!(place.app.get(&bob, PREFERENCES).await.body, before, "everybody's own");
        let cleared = place.app.patch(&ann, PREFERENCES, json!({ "quietHours": null })).await.body;
        assert_eq!((cleared["quietHours"].is_null(), cleared["timeZone"].as_str()), (true, Some("Europe/Berlin")));
        for (changes, field) in [
            (json!({ "topics": [{ "topic": "security", "email": "off" }] }), "topics[0].email"),
            (json!({ "topics": [{ "topic": "security", "email": "daily" }] }), "topics[0].email"),
            (json!({ "topics": [{ "topic": "goals", "push": "daily" }] }), "topics[0].push"),
            (json!({ "quietHours": { "from": "25:00", "to": "06:30" } }), "quietHours.from"),
            (json!({ "topics": [{ "topic": "messages", "sms": "instant" }] }), "topics[0].sms"),
            (json!({ "timeZone": "Mars/Olympus" }), "timeZone"),
        ] {
            let answer = place.app.patch(&ann, PREFERENCES, changes).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{answer:?}");
        }
    }

    async fn nobody_is_disturbed_at_night_unless_it_is_urgent(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        // The bench's clock stands at 10:30 in UTC: 17:30 in Jakarta.
        place.app.patch(&ann, PREFERENCES, json!({ "quietHours": { "from": "17:00", "to": "07:00" } })).await;
        place.tell(&bench, &ann, json!({})).await;
        place.tell(&bench, &ann, json!({ "urgent": true })).await;
        place.until(&bench, &["email waiting", "email sent"]).await;
        place.settle(&bench).await;
        assert_eq!(place.out.mails().len(), 1);
        bench.clock.advance_seconds(13 * 3_600);
        place.settle(&bench).await;
        bench.clock.advance_seconds(3_600);
        place.until(&bench, &["email sent", "email sent"]).await;
    }

    async fn one_click_ends_a_topic_without_a_log_in(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email sent"]).await;
        let link = place.out.mails()[0].unsubscribe.clone().unwrap();
        let path = link.strip_prefix("https://upcoach.example").unwrap();
        let nobody = bench.anonymous();
        let page = place.app.get(&nobody, path).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
        assert!(page.body.as_str().unwrap().contains("Messages"), "{page:?}");
        let mode = async || of(&place.app.get(&ann, PREFERENCES).await.body, "messages")["email"].clone();
        assert_eq!(mode().await, "instant", "looking at the page changes nothing");
        let click = place.app.call(&nobody, Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(click.bytes("List-Unsubscribe=One-Click").send().await.status, StatusCode::OK);
        assert_eq!(mode().await, "off");
        let forged = place.app.call(&nobody, Method::POST, &path.replace("token=", "token=A")).send().await;
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
        place.tell(&bench, &ann, json!({})).await;
        place.settle(&bench).await;
        assert_eq!(place.out.mails().len(), 1);
    }

    async fn pushes_go_to_every_device_and_a_mail_follows_what_is_not_read(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        let endpoints = "/api/v1/notifications/endpoints";
        let browser = json!({
            "way": "web-push", "endpoint": "https://push.example.org/x",
            "keys": { "p256dh": "B".repeat(87), "auth": "a".repeat(22) }, "label": "Browser"
        });
        let first = place.app.post(&ann, endpoints, browser.clone()).await;
        assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
        place.app.post(&ann, endpoints, browser).await;
        place.app.post(&ann, endpoints, json!({ "way": "fcm", "token": "a-token-of-a-device" })).await;
        let list = place.app.get(&ann, endpoints).await.body;
        assert_eq!(list["data"].as_array().unwrap().len(), 2, "the same browser is there once: {list}");
        assert!(!list.to_string().contains("push.example.org"), "addresses are not told");
        let wrong = place.app.post(&ann, endpoints, json!({ "way": "fcm", "endpoint": "https://push.example.org/x" })).await;
        assert_eq!(wrong.bad_fields(), ["endpoint", "token"]);
        place.tell(&bench, &ann, json!({ "escalateAfterMinutes": 30 })).await;
        place.until(&bench, &["web-push sent", "fcm sent", "email waiting"]).await;
        place.tell(&bench, &ann, json!({ "escalateAfterMinutes": 30 })).await;
        place.settle(&bench).await;
        let newest = place.app.get(&ann, "/api/v1/notifications").await.body["data"][0]["id"].as_str().unwrap().to_owned();
        place.app.call(&ann, Method::POST, &format!("/api/v1/notifications/{newest}/read")).send().await;
        bench.clock.advance_seconds(1_801);
        let mut wanted = vec!["web-push sent", "fcm sent", "email sent", "web-push sent", "fcm sent", "email skipped"];
        place.until(&bench, &wanted).await;
        // A device that is gone is not tried again.
        let list = place.app.get(&ann, endpoints).await.body;
        let device = list["data"].as_array().unwrap().iter().find(|endpoint| endpoint["way"] == "fcm").unwrap();
        let device = device["id"].as_str().unwrap().to_owned();
        let stranger = place.app.delete(&bob, &format!("{endpoints}/{device}")).await;
        assert_eq!(stranger.status, StatusCode::FORBIDDEN);
        assert_eq!(place.app.delete(&ann, &format!("{endpoints}/{device}")).await.status, StatusCode::NO_CONTENT);
        place.tell(&bench, &ann, json!({})).await;
        wanted.extend(["web-push sent", "email sent"]);
        place.until(&bench, &wanted).await;
    }
}
