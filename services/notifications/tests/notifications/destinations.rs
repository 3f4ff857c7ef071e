//! Where a tenant hears of itself: Slack, Discord, webhooks.

use banyan_channels::testing::{HttpSink, Reply};
use banyan_channels::webhook::{SigningKey, verify};
use banyan_kernel::{Caller, Role};
use banyan_testkit::{Bench, eventually, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Place;

const DESTINATIONS: &str = "/api/v1/admin/notifications/destinations";

async fn place_and_sink(bench: &mut Bench) -> (Place, HttpSink) {
    let http = json!({ "guard": { "networks": ["127.0.0.0/8"] }, "deadline_seconds": 60 });
    let folder = bench.database.directory().join("mail");
    let settings = json!({ "channels": { "http": http }, "mail": { "folder": folder } });
    (Place::sending(bench, settings).await, HttpSink::plain().await.unwrap())
}

async fn add(place: &Place, admin: &Caller, sink: &HttpSink, kind: &str, topics: &[&str]) -> Value {
    let url = sink.url(&format!("/{kind}"));
    let body = json!({ "kind": kind, "name": format!("Our {kind}"), "address": url.as_str(), "topics": topics });
    let made = place.app.post(admin, DESTINATIONS, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.body
}

async fn until_heard(sink: &HttpSink, path: &str, count: usize) {
    let heard = || sink.heard().iter().filter(|one| one.target.starts_with(path)).count();
    eventually(&format!("{path}: {count}"), async || heard() >= count).await;
}

fn path_of(made: &Value) -> String {
    format!("{DESTINATIONS}/{}", made["destination"]["id"].as_str().unwrap())
}

on_both_engines! {
    async fn notifications_of_the_chosen_topics_are_told_there_once(bench: Bench) {
        let mut bench = bench;
        let (place, sink) = place_and_sink(&mut bench).await;
        let (admin, ann, bob) = (bench.with_role(Role::Admin), place.person(&bench), place.person(&bench));
        let hook = add(&place, &admin, &sink, "webhook", &["goals", "messages"]).await;
        let slack = add(&place, &admin, &sink, "slack", &["messages"]).await;
        add(&place, &admin, &sink, "discord", &["announcements"]).await;
        assert!(slack["secret"].is_null(), "{slack}");
        let both = json!({ "userIds": [ann.user_id(), bob.user_id()] });
        place.tell(&bench, &ann, both).await;
        until_heard(&sink, "/webhook", 1).await;
        until_heard(&sink, "/slack", 1).await;
        place.settle(&bench).await;
        let heard = sink.heard();
        assert_eq!(heard.len(), 2, "once, although two people are told, and not where nobody asked for it");
        let told = heard.iter().find(|one| one.target == "/webhook").unwrap();
        let key: SigningKey = hook["secret"].as_str().unwrap().parse().unwrap();
        let now = bench.environment.clock.now();
        verify(&[key.verifying().unwrap()], &told.headers, &told.body, now).unwrap();
        let body = told.json();
        assert_eq!((body["type"].as_str(), body["data"]["title"].as_str(), body["data"]["topic"].as_str()), (Some("notification.created"), Some("Hello"), Some("messages")), "{body}");
        let goal = json!({ "topic": "goals", "template": "goal-completed", "dedupeKey": "one" });
        place.tell(&bench, &ann, goal).await;
        until_heard(&sink, "/webhook", 2).await;
        place.settle(&bench).await;
        let list = place.app.get(&admin, &format!("/api/v1/admin/notifications/deliveries?endpointId={}", hook["destination"]["id"].as_str().unwrap())).await;
        assert_eq!(list.body["pagination"]["total"], 2, "{list:?}");
        let one = place.app.get(&admin, &path_of(&hook)).await.body;
        assert!(one["lastSuccessAt"].is_string() && one["host"] == "127.0.0.1", "{one}");
        let shown = place.app.get(&admin, DESTINATIONS).await.body.to_string();
        assert!(!shown.contains("whsec_") && !shown.contains("/webhook\""), "{shown}");
        for row in place.rows(&bench, "SELECT target, secret FROM destinations WHERE secret IS NOT NULL").await {
            let target: Vec<u8> = row.try_get("", "target").unwrap();
            assert!(!String::from_utf8_lossy(&target).contains("127.0.0.1"), "it is sealed");
        }
    }

    async fn a_secret_is_rotated_with_an_overlap(bench: Bench) {
        let mut bench = bench;
        let (place, sink) = place_and_sink(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let hook = add(&place, &admin, &sink, "webhook", &["goals"]).await;
        let rotated = place.app.call(&admin, Method::POST, &format!("{}/secret", path_of(&hook))).send().await;
        assert_eq!(rotated.status, StatusCode::OK, "{rotated:?}");
        let key = |made: &Value| made["secret"].as_str().unwrap().parse::<SigningKey>().unwrap().verifying().unwrap();
        let (old, new) = (key(&hook), key(&rotated.body));
        let test = async || place.app.call(&admin, Method::POST, &format!("{}/test", path_of(&hook))).send().await;
        let tried = test().await;
        assert_eq!(tried.body["sent"], true, "{tried:?}");
        let heard = sink.heard();
        let now = bench.environment.clock.now();
        for one in [&old, &new] {
            verify(std::slice::from_ref(one), &heard[0].headers, &heard[0].body, now).unwrap();
        }
        bench.clock.advance_seconds(86_401);
        test().await;
        let (heard, now) = (sink.heard(), bench.environment.clock.now());
        verify(&[new], &heard[1].headers, &heard[1].body, now).unwrap();
        assert!(verify(&[old], &heard[1].headers, &heard[1].body, now).is_err(), "its day is over");
        let slack = add(&place, &admin, &sink, "slack", &["goals"]).await;
        let none = place.app.call(&admin, Method::POST, &format!("{}/secret", path_of(&slack))).send().await;
        assert_eq!(none.status, StatusCode::CONFLICT);
    }

    async fn what_is_gone_is_disabled_until_somebody_enables_it(bench: Bench) {
        let mut bench = bench;
        let (place, sink) = place_and_sink(&mut bench).await;
        let (admin, ann) = (bench.with_role(Role::Admin), place.person(&bench));
        for (kind, reply) in [
            ("webhook", Reply::status(410)),
            ("slack", Reply::Say { status: 404, headers: Vec::new(), body: "no_service".into() }),
            ("discord", Reply::json(404, &json!({ "code": 10015 }))),
        ] {
            let made = add(&place, &admin, &sink, kind, &["messages"]).await;
            sink.reply(reply);
            bench.clock.advance_seconds(1);
            place.tell(&bench, &ann, json!({})).await;
            place.settle(&bench).await;
            let one = place.app.get(&admin, &path_of(&made)).await.body;
            assert!(one["disabledAt"].is_string(), "{one}");
            let before = sink.heard().len();
            place.tell(&bench, &ann, json!({})).await;
            place.settle(&bench).await;
            assert_eq!(sink.heard().len(), before, "{kind} is left alone");
            let enabled = place.app.patch(&admin, &path_of(&made), json!({ "enabled": true })).await;
            assert!(enabled.body["disabledAt"].is_null(), "{enabled:?}");
            place.tell(&bench, &ann, json!({})).await;
            until_heard(&sink, &format!("/{kind}"), 2).await;
            assert_eq!(place.app.delete(&admin, &path_of(&made)).await.status, StatusCode::NO_CONTENT);
        }
    }

    async fn addresses_inside_and_bad_fields_are_refused(bench: Bench) {
        let mut bench = bench;
        let place = Place::sending(&mut bench, json!({})).await;
        let admin = bench.with_role(Role::Admin);
        let good = json!({ "kind": "webhook", "name": "Ours", "address": "https://hooks.example.org/x", "topics": ["goals"] });
        for (name, value, field) in [
            ("address", json!("http://hooks.example.org/x"), "address"),
            ("address", json!("https://127.0.0.1/x"), "address"),
            ("address", json!("https://10.0.0.1/x"), "address"),
            ("address", json!("https://[::1]/x"), "address"),
            ("address", json!("ftp://example.org/"), "address"),
            ("topics", json!([]), "topics"),
            ("topics", json!(["gossip"]), "topics[0]"),
            ("name", json!(" "), "name"),
            ("locale", json!("xx-YY"), "locale"),
            ("kind", json!("pigeon"), "kind"),
        ] {
            let mut bad = good.clone();
            bad[name] = value.clone();
            let answer = place.app.post(&admin, DESTINATIONS, bad).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{value}: {answer:?}");
        }
        let made = place.app.post(&admin, DESTINATIONS, good.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert_eq!(place.app.post(&admin, DESTINATIONS, good).await.status, StatusCode::CONFLICT, "the name is taken");
        let inside = place.app.patch(&admin, &path_of(&made.body), json!({ "address": "https://192.168.0.1/" })).await;
        assert_eq!(inside.status, StatusCode::UNPROCESSABLE_ENTITY);
        let elsewhere = bench.in_other_tenant(&admin);
        assert_eq!(place.app.get(&elsewhere, &path_of(&made.body)).await.status, StatusCode::FORBIDDEN);
        assert_eq!(place.app.get(&elsewhere, DESTINATIONS).await.body["data"], json!([]));
    }
}
