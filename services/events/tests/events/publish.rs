//! Programs outside say what happened.

use std::time::Duration;

use banyan_kernel::{Caller, Permission, Role, Scopes};
use banyan_store::log::{Entry, Position};
use banyan_testkit::{Answer, App, Bench, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const EVENTS: &str = "/api/v1/events";
const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

/// A program with a key that may publish `com.acme.…`.
async fn program(bench: &Bench, app: &App) -> Caller {
    let caller = bench.with_role(Role::Service);
    let new = json!({ "accountId": caller.user_id().unwrap(), "prefix": "com.acme" });
    let made = app.post(&bench.with_role(Role::Admin), "/api/v1/admin/events/publishers", new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    caller.with_key(bench.new_id(), Scopes::from_iter([Permission::EventsPublish]))
}

async fn send(app: &App, caller: &Caller, kind: &str, body: &Value) -> Answer {
    let call = app.call(caller, Method::POST, EVENTS).header("content-type", kind);
    call.bytes(body.to_string().into_bytes()).send().await
}

fn event(id: &str) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "/shop", "type": "com.acme.order.paid", "subject": "order 7",
        "time": "2024-01-15T10:00:00Z", "data": { "order": 7 }, "traceid": "abc" })
}

/// All of it: on PostgreSQL what was written while others write can be read when they are through.
async fn log(app: &App) -> Vec<Entry> {
    let log = app.store.log();
    while log.is_unsettled().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    log.read(Position::BEGINNING, 500).await.unwrap()
}

fn data(entry: &Entry) -> Value {
    serde_json::from_slice(&entry.data.0).unwrap()
}

on_both_engines! {
    async fn events_in_all_modes_stand_in_the_log_in_the_callers_tenant(bench: Bench) {
        let app = bench.app(banyan_event_door::service()).await;
        let caller = program(&bench, &app).await;
        let sent = send(&app, &caller, ONE, &event("1")).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
        assert_eq!((&sent.body["accepted"][0]["known"], &sent.body["accepted"][0]["eventId"]), (&json!(false), &json!("1")));
        let batch = send(&app, &caller, BATCH, &json!([event("2"), event("3")])).await;
        assert_eq!(batch.status, StatusCode::ACCEPTED, "{batch:?}");
        let binary = app
            .call(&caller, Method::POST, EVENTS)
            .header("content-type", "application/json")
            .header("ce-specversion", "1.0")
            .header("ce-id", "4")
            .header("ce-source", "/shop/caf%C3%A9")
            .header("ce-type", "com.acme.order.sent")
            .header("ce-dataversion", "2")
            .bytes(br#"{"order":8}"#.to_vec())
            .send()
            .await;
        assert_eq!(binary.status, StatusCode::ACCEPTED, "{binary:?}");
        let log = log(&app).await;
        assert_eq!(log.len(), 4);
        assert!(log.iter().all(|entry| entry.tenant == bench.tenant));
        assert_eq!(log[0].id.to_string(), sent.body["accepted"][0]["id"].as_str().unwrap());
        assert_eq!((&*log[0].kind, &*log[0].subject, log[0].version), ("com.acme.order.paid", "order 7", 1));
        let origin = json!({ "id": "1", "source": "/shop", "subject": "order 7", "time": "2024-01-15T10:00:00Z", "extensions": { "traceid": "abc" } });
        assert_eq!(data(&log[0]), json!({ "origin": origin, "data": { "order": 7 } }));
        assert_eq!((&*log[3].kind, &*log[3].subject, log[3].version), ("com.acme.order.sent", "/shop/café", 2));
        assert_eq!(data(&log[3])["data"], json!({ "order": 8 }));
    }

    async fn what_is_sent_again_is_written_once(bench: Bench) {
        let app = bench.app(banyan_event_door::service()).await;
        let caller = program(&bench, &app).await;
        let first = send(&app, &caller, ONE, &event("1")).await;
        let again = send(&app, &caller, BATCH, &json!([event("1"), event("2"), event("2")])).await;
        assert_eq!(again.status, StatusCode::ACCEPTED, "{again:?}");
        let known: Vec<_> = again.body["accepted"].as_array().unwrap().iter().map(|one| one["known"].as_bool().unwrap()).collect();
        assert_eq!(known, [true, false, true]);
        assert_eq!(again.body["accepted"][0]["id"], first.body["accepted"][0]["id"]);
        assert_eq!(log(&app).await.len(), 2);
        let mut other = event("1");
        other["data"] = json!("something else");
        let refused = send(&app, &caller, BATCH, &json!([event("3"), other])).await;
        assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["[1].id".to_owned()]));
        assert_eq!(log(&app).await.len(), 2, "all or nothing");
        let elsewhere = send(&app, &caller, ONE, &{ let mut one = event("1"); one["source"] = json!("/other"); one }).await;
        assert_eq!(elsewhere.body["accepted"][0]["known"], false, "ids belong to their source");
        // Many at once with the same id.
        let one = &event("race");
        let all = futures_util::future::join_all((0..8).map(|_| send(&app, &caller, ONE, one))).await;
        assert!(all.iter().all(|answer| answer.status == StatusCode::ACCEPTED), "{all:?}");
        assert_eq!(log(&app).await.len(), 4);
    }

    async fn nobody_publishes_what_is_not_theirs(bench: Bench) {
        let app = bench.app(banyan_event_door::service()).await;
        let caller = program(&bench, &app).await;
        let of = |kind: &str| { let mut one = event("1"); one["type"] = json!(kind); one };
        for kind in ["identity.user.registered", "com.acmeevil.x", "com.other.x", "com"] {
            let refused = send(&app, &caller, ONE, &of(kind)).await;
            assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["type".to_owned()]), "{kind}: {refused:?}");
        }
        let mut forged = event("1");
        forged["tenant"] = json!(bench.new_id());
        assert_eq!(send(&app, &caller, ONE, &forged).await.bad_fields(), ["tenant"]);
        let without = bench.with_role(Role::Service).with_key(bench.new_id(), Scopes::from_iter([Permission::EventsRead]));
        for (other, status) in [
            (bench.anonymous(), StatusCode::UNAUTHORIZED),
            (bench.user(), StatusCode::FORBIDDEN),
            (without.clone(), StatusCode::FORBIDDEN),
        ] {
            assert_eq!(send(&app, &other, ONE, &event("1")).await.status, status);
        }
        for (other, status) in [(bench.anonymous(), StatusCode::UNAUTHORIZED), (bench.user(), StatusCode::FORBIDDEN), (caller.clone(), StatusCode::FORBIDDEN)] {
            assert_eq!(app.get(&other, "/api/v1/events/stream").await.status, status, "nobody reads without the right");
        }
        // Another program of the tenant, for which nothing was declared; and the same account in another tenant.
        let second = bench.with_role(Role::Service).with_key(bench.new_id(), Scopes::from_iter([Permission::EventsPublish]));
        assert_eq!(send(&app, &second, ONE, &event("1")).await.bad_fields(), ["type"]);
        let elsewhere = bench.in_other_tenant(&bench.with_role(Role::Admin));
        assert_eq!(send(&app, &elsewhere, ONE, &event("1")).await.bad_fields(), ["type"]);
        assert_eq!(log(&app).await.len(), 0);
    }

    async fn what_is_wrong_is_named(bench: Bench) {
        let app = bench.app(banyan_event_door::service()).await;
        let caller = program(&bench, &app).await;
        let with = |name: &str, value: Value| { let mut one = event("1"); one[name] = value; one };
        for (body, field) in [
            (with("specversion", json!("0.3")), "specversion"),
            (with("specversion", Value::Null), "specversion"),
            (with("id", json!("")), "id"),
            (with("id", json!(7)), "id"),
            (with("id", json!("x".repeat(301))), "id"),
            (with("source", json!("a\u{0}b")), "source"),
            (with("type", json!("com acme")), "type"),
            (with("time", json!("yesterday")), "time"),
            (with("datacontenttype", json!("text/xml")), "datacontenttype"),
            (with("data_base64", json!("AAAA")), "data_base64"),
            (with("data", json!("a\u{0}b")), "data"),
            (with("data", json!("x".repeat(300_000))), "data"),
            (with("dataversion", json!(0)), "dataversion"),
            (with("Bad-Name", json!("x")), "Bad-Name"),
            (with("traceid", json!({ "a": 1 })), "traceid"),
        ] {
            let refused = send(&app, &caller, ONE, &body).await;
            assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{refused:?}");
        }
        let refused = send(&app, &caller, BATCH, &json!([event("1"), with("id", Value::Null), 7])).await;
        assert_eq!(refused.bad_fields(), ["[1].id", "[2]"]);
        let many: Vec<Value> = (0..101).map(|number| event(&number.to_string())).collect();
        for body in [json!([]), json!(many), json!({})] {
            assert_eq!(send(&app, &caller, BATCH, &body).await.bad_fields(), ["body"]);
        }
        assert_eq!(send(&app, &caller, ONE, &json!([])).await.bad_fields(), ["body"]);
        let bare = send(&app, &caller, "application/json", &json!({})).await;
        assert_eq!(bare.bad_fields(), ["ce-id", "ce-source", "ce-specversion", "ce-type"]);
        for kind in ["text/plain", "application/cloudevents+avro", "application/xml", "application/cloudevents+json; charset=latin1"] {
            assert_eq!(send(&app, &caller, kind, &event("1")).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
        let call = app.call(&caller, Method::POST, EVENTS).header("content-type", ONE).bytes(b"{".to_vec());
        assert_eq!(call.send().await.status, StatusCode::BAD_REQUEST);
        assert_eq!(log(&app).await.len(), 0);
        let said = app.call(&caller, Method::POST, EVENTS).header("content-type", ONE).header("accept-language", "id");
        let said = said.bytes(with("type", json!("identity.user.registered")).to_string().into_bytes()).send().await;
        assert!(said.body["errors"][0]["message"].as_str().unwrap().contains("Akun ini"), "{said:?}");
    }
}
