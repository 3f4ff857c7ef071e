//! Events arrive at subscribers by webhook, also where the server is killed meanwhile.

use std::collections::BTreeSet;

use banyan_channels::testing::{HttpSink, Reply};
use serde_json::json;

use crate::harness::{PASSWORD, Place, eventually, on_both_engines};

on_both_engines! {
    fn what_happened_before_a_server_was_killed_arrives_under_one_id_each(place: Place) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sink = runtime.block_on(HttpSink::plain()).unwrap();
        // On its way, and not answered, when the server is killed.
        sink.always(Reply::Silence);
        let allowed = sink.address().to_string();
        let variables = [("BANYAN_CHANNELS_ALLOWED_HOSTS", allowed.as_str())];
        let server = place.serve_with(&[], &variables);
        let create = ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
        place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        let admin = server.log_in("admin@example.org", PASSWORD);
        let body = json!({ "url": sink.url("/hooks").as_str(), "types": ["goals.goal.created"] });
        let (status, webhook) = server.post("/api/v1/events/webhooks", Some(&admin), &body);
        assert_eq!(status, 201, "{webhook}");
        let ann = server.register("ann@example.org");
        for number in 0..8 {
            let (status, body) = server.post("/api/v1/goals", Some(&ann), &json!({ "title": format!("Goal {number}") }));
            assert_eq!(status, 201, "{body}");
        }
        eventually("something is on its way", || (!sink.heard().is_empty()).then_some(()));
        // Dropped, it is killed as by `kill -9`.
        drop(server);
        sink.always(Reply::status(204));
        let server = place.serve_with(&[], &variables);
        let admin = server.log_in("admin@example.org", PASSWORD);
        let deliveries = format!("/api/v1/events/webhooks/{}/deliveries?state=delivered", webhook["id"].as_str().unwrap());
        eventually("all are delivered", || {
            let (status, body) = server.get(&deliveries, Some(&admin));
            assert_eq!(status, 200, "{body}");
            (body["pagination"]["total"] == json!(8)).then_some(())
        });
        let heard = sink.heard();
        let ids: BTreeSet<(String, String)> = heard
            .iter()
            .map(|one| (one.header("webhook-id").to_owned(), one.json()["data"]["goalId"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(ids.len(), 8, "each goal under an id of its own, whatever came twice: {ids:?}");
        let states = place.run(&["events", "consumers"]).good();
        assert!(states.contains("webhooks"), "{states}");
    }

    fn an_operator_sees_disables_and_enables_subscriptions_of_all_tenants(place: Place) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sink = runtime.block_on(HttpSink::plain()).unwrap();
        sink.always(Reply::status(410));
        let allowed = sink.address().to_string();
        let server = place.serve_with(&[], &[("BANYAN_CHANNELS_ALLOWED_HOSTS", allowed.as_str())]);
        let create = ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
        place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        let admin = server.log_in("admin@example.org", PASSWORD);
        let body = json!({ "url": sink.url("/hooks").as_str(), "types": ["goals.goal.created"] });
        let (status, webhook) = server.post("/api/v1/events/webhooks", Some(&admin), &body);
        assert_eq!(status, 201, "{webhook}");
        let id = webhook["id"].as_str().unwrap();
        let goal = |title: &str| {
            let (status, goal) = server.post("/api/v1/goals", Some(&admin), &json!({ "title": title }));
            assert_eq!(status, 201, "{goal}");
            goal["id"].clone()
        };
        let sheet = |arguments: &[&str]| -> serde_json::Value {
            let list = ["events", "webhooks", "list", "--json"];
            serde_json::from_str(&place.run(&[&list[..], arguments].concat()).good()).unwrap()
        };
        goal("One");
        eventually("the receiver is gone", || (sheet(&[])[0]["disabledReason"] == "gone").then_some(()));
        assert_eq!((&sheet(&[])[0]["id"], sheet(&["--tenant", "fittracker"])), (&json!(id), json!([])));
        let act = |word: &str, id: &str| place.run(&["events", "webhooks", word, id, "--reason", "ticket 8"]);
        let refused = act("retry", id).failed(1);
        assert!(refused.contains("events webhooks enable"), "{refused}");
        sink.always(Reply::status(204));
        let enabled = act("enable", id).good();
        assert!(enabled.contains("enabled") && !enabled.contains("disabled"), "{enabled}");
        let two = goal("Two");
        eventually("it arrives", || sink.heard().iter().any(|one| one.json()["data"]["goalId"] == two).then_some(()));
        assert!(act("disable", id).good().contains("disabled: asked"));
        place.run(&["events", "webhooks", "enable", id]).failed(2);
        let nobody = act("enable", "01941f29-7c00-7000-8000-0000000000cc").failed(1);
        assert!(nobody.contains("no subscription of this id"), "{nobody}");
        let (status, trail) = server.get("/api/v1/admin/audit?service=events&limit=100", Some(&admin));
        assert!(status != 200 || trail.to_string().contains("events.webhook.disabled"), "{trail}");
        place.run(&["audit", "verify"]).good();
    }
}
