//! Programs outside are told of events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_channels::testing::{Heard, HttpSink, Reply};
use banyan_channels::webhook::{VerifyingKey, verify};
use banyan_event_door::Logs;
use banyan_events::jobs::Runner;
use banyan_kernel::{Caller, OsRandom, Permission, Role, Scopes, Uuid};
use banyan_store::{Store, StoreError};
use banyan_testkit::{Answer, App, Bench, on_both_engines};
use http::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::sync::watch;

const WEBHOOKS: &str = "/api/v1/events/webhooks";
/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The service with its consumer and its jobs, and another service that says something.
struct Place {
    app: App,
    goals: Store,
    sink: HttpSink,
    /// Another one that may be told.
    other: HttpSink,
    admin: Caller,
    tenant: Uuid,
    stop: watch::Sender<bool>,
}

impl Place {
    async fn new(bench: &mut Bench) -> Self {
        Self::with_deadline(bench, 60).await
    }

    async fn with_deadline(bench: &mut Bench, seconds: u64) -> Self {
        bench.stay_in_one_process().await;
        let service = banyan_event_door::service();
        let goals =
            bench.store(banyan_http::Service::new("goals", banyan_store::migrate::Schema::new("goals", Vec::new())).schema).await;
        let (sink, other) = (HttpSink::plain().await.unwrap(), HttpSink::plain().await.unwrap());
        let hosts = [sink.address().to_string(), other.address().to_string()];
        let settings = json!({ "http": { "guard": { "hosts": hosts }, "deadline_seconds": seconds } });
        let mut host = bench.host(&service, settings, http::Extensions::new()).await;
        host.resources.insert(vec![goals.log()]);
        host.resources.insert(Logs(vec![host.store.log(), goals.log()]));
        let app = App::new(&service, host);
        app.consumers.note_beginnings().await.unwrap();
        let (stop, _) = watch::channel(false);
        let runner = Runner::new(app.store.clone(), service.jobs_of(&app.host), Arc::new(OsRandom)).unwrap();
        tokio::spawn(runner.run(stop.subscribe()));
        tokio::spawn(app.consumers.clone().run(stop.subscribe()));
        Self { app, goals, sink, other, admin: bench.with_role(Role::Admin), tenant: bench.tenant, stop }
    }

    async fn subscribe(&self, more: Value) -> Value {
        let mut body = json!({ "url": self.sink.url("/hooks").to_string() });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let made = self.app.post(&self.admin, WEBHOOKS, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.body
    }

    /// Something happens to a goal.
    async fn publish(&self, tenant: Uuid, number: u32) {
        let event =
            &banyan_contracts::goals::GoalCompleted { goal_id: Uuid::from_u128(number.into()), user_id: Uuid::from_u128(7) };
        let rows = self.goals.system(tenant);
        rows.write(move |tx| async move { tx.publish(event).await }).await.unwrap();
    }

    async fn heard(&self, count: usize) -> Vec<Heard> {
        heard(&self.sink, count).await
    }

    async fn deliveries(&self, webhook: &Value, query: &str) -> Vec<Value> {
        let listed = self.app.get(&self.admin, &format!("{}/deliveries?limit=100&{query}", path(webhook))).await;
        assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
        listed.body["data"].as_array().unwrap().clone()
    }

    /// Waits until so many deliveries are in a state.
    async fn until(&self, webhook: &Value, state: &str, count: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let found = self.deliveries(webhook, &format!("state={state}")).await;
            if found.len() == count {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "wanted {count} {state}, found {:?}", self.deliveries(webhook, "").await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing is to be done now.
    async fn settle(&self) {
        let begun = Instant::now();
        loop {
            let rows = self.app.store.system(Uuid::nil());
            let busy = rows.read(move |tx| async move {
                let sql = "SELECT COUNT(*) AS busy FROM jobs WHERE state IN ('ready', 'running')";
                let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?.unwrap();
                Ok::<i64, StoreError>(row.try_get("", "busy")?)
            });
            let states = self.app.consumers.states().await.unwrap();
            if busy.await.unwrap() == 0 && states.iter().all(|state| state.lag == 0) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "work does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn heard(sink: &HttpSink, count: usize) -> Vec<Heard> {
    let begun = Instant::now();
    loop {
        let heard = sink.heard();
        if heard.len() >= count {
            return heard;
        }
        assert!(begun.elapsed() < PATIENCE, "wanted {count}, heard {}", heard.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn path(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", webhook["id"].as_str().unwrap())
}

fn key(webhook: &Value) -> VerifyingKey {
    webhook["secret"].as_str().unwrap().parse().unwrap()
}

async fn act(app: &App, caller: &Caller, path: &str) -> Answer {
    app.call(caller, Method::POST, path).send().await
}

on_both_engines! {
    async fn what_happens_is_sent_signed_once_to_those_who_want_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let goals = place.subscribe(json!({ "types": ["goals.*"], "description": "the shop" })).await;
        let others = place.subscribe(json!({ "types": ["identity.user.registered"] })).await;
        assert!(goals["secret"].as_str().unwrap().starts_with("whsec_"));
        place.publish(place.tenant, 1).await;
        place.publish(bench.new_id(), 2).await;
        place.publish(place.tenant, 3).await;
        let done = place.until(&goals, "delivered", 2).await;
        place.settle().await;
        let heard = place.sink.heard();
        assert_eq!(heard.len(), 2, "none of another tenant, none for the other subscription");
        for one in &heard {
            let found = verify(&[key(&goals)], &one.headers, &one.body, bench.environment.clock.now()).unwrap();
            let event = one.json();
            assert_eq!((one.header("content-type"), &event["type"]), ("application/cloudevents+json", &json!("goals.goal.completed")));
            assert_eq!(found.id, format!("{}_{}", event["id"].as_str().unwrap(), goals["id"].as_str().unwrap()));
            assert_eq!((&event["specversion"], &event["source"]), (&json!("1.0"), &json!("/services/goals")));
            assert!(verify(&[key(&others)], &one.headers, &one.body, bench.environment.clock.now()).is_err());
        }
        assert_eq!((&done[0]["attempts"], &done[0]["eventType"]), (&json!(1), &json!("goals.goal.completed")));
        assert_eq!(place.deliveries(&others, "").await.len(), 0);
    }

    async fn what_fails_comes_again_under_the_same_id(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let webhook = place.subscribe(json!({})).await;
        place.sink.reply(Reply::status(500));
        place.sink.reply(Reply::HangUp);
        place.publish(place.tenant, 1).await;
        let waiting = place.until(&webhook, "waiting", 1).await;
        let seen = place.app.get(&place.admin, &path(&webhook)).await;
        place.heard(1).await;
        place.settle().await;
        assert_eq!((place.sink.heard().len(), seen.body["secret"].clone()), (1, Value::Null), "{waiting:?}");
        assert!(place.app.get(&place.admin, &path(&webhook)).await.body["failingSince"].is_string());
        bench.clock.advance_seconds(6);
        place.heard(2).await;
        place.settle().await;
        bench.clock.advance_seconds(331);
        let done = place.until(&webhook, "delivered", 1).await;
        let heard = place.sink.heard();
        assert_eq!(heard.len(), 3);
        assert!(heard.iter().all(|one| one.header("webhook-id") == heard[0].header("webhook-id")));
        let codes: Vec<&str> = done[0]["history"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap_or("-")).collect();
        assert_eq!(codes, ["status", "protocol", "-"]);
        assert_eq!(place.app.get(&place.admin, &path(&webhook)).await.body["failingSince"], Value::Null);
    }

    async fn one_that_is_gone_is_told_no_more_until_somebody_enables_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let webhook = place.subscribe(json!({ "types": ["goals.*"] })).await;
        place.sink.reply(Reply::status(410));
        place.publish(place.tenant, 1).await;
        place.heard(1).await;
        place.settle().await;
        let seen = place.app.get(&place.admin, &path(&webhook)).await.body;
        assert_eq!((&seen["enabled"], &seen["disabledReason"]), (&json!(false), &json!("gone")));
        let log = place.app.store.log();
        while log.is_unsettled().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let said = log.read(banyan_store::log::Position::BEGINNING, 10).await.unwrap();
        assert_eq!(said.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(), ["events.webhook.disabled"]);
        place.publish(place.tenant, 2).await;
        bench.clock.advance_seconds(600);
        place.settle().await;
        assert_eq!(place.sink.heard().len(), 1);
        let retry = format!("{}/replay", path(&webhook));
        assert_eq!(place.app.post(&place.admin, &retry, json!({ "from": "2024-01-15T00:00:00Z" })).await.status, StatusCode::CONFLICT);
        let enabled = place.app.patch(&place.admin, &path(&webhook), json!({ "enabled": true })).await;
        assert_eq!((enabled.status, &enabled.body["disabledReason"]), (StatusCode::OK, &Value::Null), "{enabled:?}");
        place.until(&webhook, "delivered", 1).await;
        let replayed = place.app.post(&place.admin, &retry, json!({ "from": "2024-01-15T00:00:00Z" })).await;
        assert_eq!(replayed.status, StatusCode::ACCEPTED, "{replayed:?}");
        place.until(&webhook, "delivered", 2).await;
        place.settle().await;
        let heard = place.heard(4).await;
        assert_eq!(heard.len(), 4, "the first once more, the second for the first time");
        assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"));
    }

    async fn after_days_of_failing_nobody_tries_any_more(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let webhook = place.subscribe(json!({ "types": ["goals.*"] })).await;
        place.sink.always(Reply::status(503));
        place.publish(place.tenant, 1).await;
        // 100,000 s are more than the longest pause; after five times five days are over.
        for attempt in 1..=5 {
            place.heard(attempt).await;
            place.settle().await;
            assert_eq!(place.app.get(&place.admin, &path(&webhook)).await.body["enabled"], json!(true));
            bench.clock.advance_seconds(100_000);
        }
        let begun = Instant::now();
        loop {
            let seen = place.app.get(&place.admin, &path(&webhook)).await.body;
            if seen["enabled"] == json!(false) {
                assert_eq!(seen["disabledReason"], json!("failing"));
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn a_dead_receiver_holds_up_nobody_else(bench: Bench) {
        let mut bench = bench;
        let place = Place::with_deadline(&mut bench, 2).await;
        let dead = &place.other;
        dead.always(Reply::Silence);
        let hanging = place.subscribe(json!({ "url": dead.url("/x").to_string() })).await;
        let good = place.subscribe(json!({})).await;
        for number in 0..20 {
            place.publish(place.tenant, number).await;
        }
        place.until(&good, "delivered", 20).await;
        assert_eq!(place.deliveries(&hanging, "state=delivered").await.len(), 0);
        assert!(dead.heard().len() < 20, "it is left alone while it fails");
        dead.always(Reply::status(204));
        let begun = Instant::now();
        while place.deliveries(&hanging, "state=delivered").await.len() < 20 {
            bench.clock.advance_seconds(60);
            assert!(begun.elapsed() < PATIENCE, "{:?}", place.deliveries(&hanging, "").await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn a_redirect_inwards_is_not_followed_and_addresses_inside_are_refused(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let inside = HttpSink::plain().await.unwrap();
        let webhook = place.subscribe(json!({})).await;
        place.sink.always(Reply::status(302).with("location", inside.url("/secret").as_str()));
        let tested = act(&place.app, &place.admin, &format!("{}/test", path(&webhook))).await;
        assert_eq!((tested.status, &tested.body["delivered"], &tested.body["status"]), (StatusCode::OK, &json!(false), &json!(302)));
        place.publish(place.tenant, 1).await;
        let waiting = place.until(&webhook, "waiting", 1).await;
        place.heard(2).await;
        assert_eq!(inside.heard().len(), 0, "{waiting:?}");
        for (url, code) in [
            ("http://example.org/x", "not-https"),
            ("https://10.0.0.1/", "not-public"),
            ("https://169.254.169.254/latest", "not-public"),
            ("https://localhost/", "not-public"),
            ("https://a:b@example.org/", "credentials"),
            ("https://example.org:22/", "port"),
            ("nonsense", "invalid-url"),
        ] {
            for refused in [
                place.app.post(&place.admin, WEBHOOKS, json!({ "url": url })).await,
                place.app.patch(&place.admin, &path(&webhook), json!({ "url": url })).await,
            ] {
                assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url} {refused:?}");
                assert_eq!((refused.bad_fields(), &refused.body["errors"][0]["code"]), (vec!["url".to_owned()], &json!(code)), "{url}");
            }
        }
    }

    async fn a_new_secret_and_the_one_before_it_both_count_for_a_day(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let first = place.subscribe(json!({})).await;
        let second = act(&place.app, &place.admin, &format!("{}/secret", path(&first))).await;
        assert_eq!(second.status, StatusCode::OK, "{second:?}");
        assert_ne!(first["secret"], second.body["secret"]);
        let test = format!("{}/test", path(&first));
        assert_eq!(act(&place.app, &place.admin, &test).await.body["delivered"], json!(true));
        bench.clock.advance_seconds(86_401);
        assert_eq!(act(&place.app, &place.admin, &test).await.body["delivered"], json!(true));
        let heard = place.sink.heard();
        let believes = |at: usize, webhook: &Value| {
            let now = banyan_kernel::Timestamp::from_seconds(heard[at].header("webhook-timestamp").parse().unwrap());
            verify(&[key(webhook)], &heard[at].headers, &heard[at].body, now).is_ok()
        };
        assert_eq!((believes(0, &first), believes(0, &second.body)), (true, true));
        assert_eq!((believes(1, &first), believes(1, &second.body)), (false, true));
        let rows = place.app.store.system(Uuid::nil());
        let stored = rows.read(move |tx| async move {
            let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), "SELECT secret FROM webhooks")).await?.unwrap();
            Ok::<Vec<u8>, StoreError>(row.try_get("", "secret")?)
        });
        let stored = String::from_utf8_lossy(&stored.await.unwrap()).into_owned();
        assert!(!stored.contains("whsec"), "it is sealed");
    }

    async fn others_neither_see_nor_touch_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let webhook = place.subscribe(json!({})).await;
        place.publish(place.tenant, 1).await;
        let delivery = place.until(&webhook, "delivered", 1).await[0]["id"].as_str().unwrap().to_owned();
        let one = path(&webhook);
        let calls = [
            (Method::GET, one.clone(), Value::Null),
            (Method::PATCH, one.clone(), json!({ "enabled": false })),
            (Method::POST, format!("{one}/secret"), Value::Null),
            (Method::POST, format!("{one}/test"), Value::Null),
            (Method::POST, format!("{one}/replay"), json!({ "from": "2024-01-15T00:00:00Z" })),
            (Method::GET, format!("{one}/deliveries"), Value::Null),
            (Method::POST, format!("{one}/deliveries/{delivery}/retry"), Value::Null),
            (Method::DELETE, one.clone(), Value::Null),
        ];
        let service = bench.with_role(Role::Service).with_key(bench.new_id(), Scopes::from_iter([Permission::EventsSubscribe]));
        let publisher = bench.with_role(Role::Service).with_key(bench.new_id(), Scopes::from_iter([Permission::EventsPublish]));
        let strangers = [bench.in_other_tenant(&place.admin), service.clone(), publisher, bench.user(), bench.anonymous()];
        for (method, path, body) in &calls {
            for stranger in &strangers {
                let call = place.app.call(stranger, method.clone(), path);
                let answer = if body.is_null() { call.send().await } else { call.json(body.clone()).send().await };
                assert!([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status), "{method} {path} {answer:?}");
            }
        }
        // A program has its own.
        let url = place.sink.url("/own").to_string();
        let made = place.app.post(&service, WEBHOOKS, json!({ "url": url, "types": ["goals.*"] })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert_eq!(place.app.get(&service, WEBHOOKS).await.body["pagination"]["total"], json!(1));
        assert_eq!(place.app.get(&place.admin, WEBHOOKS).await.body["pagination"]["total"], json!(2));
        place.publish(place.tenant, 2).await;
        place.until(&webhook, "delivered", 2).await;
        place.until(&made.body, "delivered", 1).await;
        let own = place.app.get(&service, &format!("{}/deliveries", path(&made.body))).await;
        assert_eq!((own.status, &own.body["pagination"]["total"]), (StatusCode::OK, &json!(1)));
        let again = act(&place.app, &place.admin, &format!("{one}/deliveries/{delivery}/retry")).await;
        assert_eq!((again.status, &again.body["state"]), (StatusCode::OK, &json!("waiting")), "{again:?}");
        place.heard(4).await;
        for (caller, webhook) in [(&service, &made.body), (&place.admin, &webhook)] {
            assert_eq!(place.app.delete(caller, &path(webhook)).await.status, StatusCode::NO_CONTENT);
        }
        place.publish(place.tenant, 3).await;
        place.settle().await;
        assert_eq!(place.sink.heard().len(), 4);
        for body in [json!({}), json!({ "url": "https://example.org", "types": ["*"] }), json!({ "url": "https://example.org", "x": 1 })] {
            let refused = place.app.post(&place.admin, WEBHOOKS, body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        }
    }

    async fn old_deliveries_go_and_what_nobody_comes_for_is_found(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let webhook = place.subscribe(json!({ "types": ["goals.*"] })).await;
        place.publish(place.tenant, 1).await;
        place.until(&webhook, "delivered", 1).await;
        place.settle().await;
        bench.clock.advance_seconds(31 * 86_400);
        place.until(&webhook, "delivered", 0).await;
    }
}
