//! What is in an inbox, in whose sight, and what is done to it.

use banyan_contracts::goals::GoalCompleted;
use banyan_contracts::identity::PasswordChanged;
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Place, path_of};

const INBOX: &str = "/api/v1/notifications";

on_both_engines! {
    async fn what_happens_elsewhere_is_told_once_and_in_the_readers_language(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        // Whoever has never looked begins with now.
        place.app.deliver().await;
        let user_id = ann.user_id().unwrap();
        let goal_id = bench.new_id();
        for _ in 0..2 {
            let rows = place.goals.system(bench.tenant);
            rows.write(move |tx| async move { tx.publish(&GoalCompleted { goal_id, user_id }).await }).await.unwrap();
        }
        let rows = place.identity.system(bench.tenant);
        rows.write(move |tx| async move { tx.publish(&PasswordChanged { user_id }).await }).await.unwrap();
        place.app.deliver().await;
        let list = place.app.get(&ann, INBOX).await;
        let mut templates: Vec<&str> =
            list.body["data"].as_array().unwrap().iter().map(|one| one["template"].as_str().unwrap()).collect();
        templates.sort_unstable();
        assert_eq!(templates, ["goal-completed", "password-changed"], "{list:?}");
        let call = place.app.call(&ann, Method::GET, &format!("{INBOX}?topic=goals")).header("accept-language", "id");
        let list = call.send().await;
        assert_eq!(list.body["data"][0]["title"], "Anda mencapai sebuah tujuan", "{list:?}");
        assert_eq!(list.body["data"][0]["data"]["goalId"], goal_id.to_string());
        assert_eq!(list.header("content-language"), "id-ID");
    }

    async fn each_sees_and_changes_only_the_own(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        place.tell(&bench, &ann, json!({})).await;
        let list = place.app.get(&ann, INBOX).await;
        let one = list.body["data"][0].clone();
        assert_eq!((one["title"].as_str(), one["readAt"].is_null()), (Some("Hello"), true), "{list:?}");
        for stranger in [&bob, &bench.with_role(Role::Admin), &bench.in_other_tenant(&ann)] {
            assert_eq!(place.app.get(stranger, INBOX).await.body["pagination"]["total"], 0);
            for (method, path) in [
                (Method::GET, path_of(&one)),
                (Method::DELETE, path_of(&one)),
                (Method::POST, format!("{}/read", path_of(&one))),
                (Method::POST, format!("{}/unread", path_of(&one))),
                (Method::POST, format!("{}/restore", path_of(&one))),
            ] {
                let answer = place.app.call(stranger, method.clone(), &path).send().await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {answer:?}");
            }
            place.app.call(stranger, Method::POST, &format!("{INBOX}/read-all")).send().await;
        }
        assert_eq!(place.app.get(&ann, &path_of(&one)).await.body, one);
    }

    async fn reading_and_putting_away_count_once_and_are_undone(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        for _ in 0..3 {
            place.tell(&bench, &ann, json!({})).await;
        }
        let app = &place.app;
        let unread = async || app.get(&ann, &format!("{INBOX}/unread-count")).await.body["unread"].as_i64().unwrap();
        assert_eq!(unread().await, 3);
        let one = app.get(&ann, INBOX).await.body["data"][0].clone();
        let act = async |what: &str| app.call(&ann, Method::POST, &format!("{}/{what}", path_of(&one))).send().await;
        let read = act("read").await.body;
        assert!(read["readAt"].is_string() && read["seq"].as_i64() > one["seq"].as_i64(), "{read}");
        assert_eq!(act("read").await.body, read, "again changes nothing");
        assert_eq!(unread().await, 2);
        assert_eq!(app.get(&ann, &format!("{INBOX}?status=unread")).await.body["pagination"]["total"], 2);
        assert!(act("unread").await.body["readAt"].is_null());
        assert_eq!(app.delete(&ann, &path_of(&one)).await.status, StatusCode::NO_CONTENT);
        assert_eq!(unread().await, 2, "what was put away does not count");
        assert_eq!(app.get(&ann, INBOX).await.body["pagination"]["total"], 2);
        assert_eq!(app.get(&ann, &format!("{INBOX}?status=archived")).await.body["data"][0]["id"], one["id"]);
        assert!(act("restore").await.body["archivedAt"].is_null());
        assert_eq!(app.call(&ann, Method::POST, &format!("{INBOX}/read-all")).send().await.body["read"], 3);
        assert_eq!(unread().await, 0);
    }

    async fn the_same_key_is_told_once(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        let first = place.tell(&bench, &ann, json!({ "dedupeKey": "meeting" })).await;
        assert_eq!((first["notifications"].as_array().unwrap().len(), first["duplicates"].as_i64()), (1, Some(0)));
        let both = json!({ "dedupeKey": "meeting", "userIds": [ann.user_id(), bob.user_id()] });
        let second = place.tell(&bench, &ann, both).await;
        assert_eq!((second["notifications"].as_array().unwrap().len(), second["duplicates"].as_i64()), (1, Some(1)));
    }

    async fn bad_input_is_named(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (admin, ann) = (bench.with_role(Role::Admin), place.person(&bench));
        let good = json!({ "userIds": [ann.user_id()], "topic": "goals", "template": "habit-reminder", "arguments": { "habit": "Read" } });
        for (name, value, field) in [
            ("userIds", json!([]), "userIds"),
            ("template", json!("No such"), "template"),
            ("template", json!("no-such"), "template"),
            ("arguments", json!({}), "arguments"),
            ("arguments", json!({ "habit": "x".repeat(17_000) }), "arguments"),
            ("link", json!("javascript:alert(1)"), "link"),
            ("dedupeKey", json!(""), "dedupeKey"),
            ("escalateAfterMinutes", json!(0), "escalateAfterMinutes"),
            ("topic", json!("gossip"), "topic"),
        ] {
            let mut body = good.clone();
            body[name] = value;
            let answer = place.app.post(&admin, INBOX, body).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{answer:?}");
        }
        let missing = json!({ "userIds": [ann.user_id()], "topic": "goals", "template": "habit-reminder" });
        let answer = place.app.post(&admin, INBOX, missing).await;
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("habit"), "{answer:?}");
        assert_eq!(place.app.get(&ann, INBOX).await.body["pagination"]["total"], 0);
    }
}
