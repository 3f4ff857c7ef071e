//! People leave, or think again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_events::jobs::Runner;
use banyan_events::sagas::{SagaBoard, SagaFilter};
use banyan_kernel::{OsRandom, Role};
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{Desk, PASSWORD, Person};

const PATH: &str = "/api/v1/users/erasure";

async fn ask(desk: &Desk, who: &Person, password: &str) -> (StatusCode, Value) {
    let answer = desk.call(who, Method::POST, PATH, Some(json!({ "password": password }))).await;
    (answer.status, answer.body)
}

/// Does the service's jobs until what is looked for has come.
async fn work_until(desk: &Desk, what: &str, look: impl AsyncFn() -> bool) {
    let jobs = banyan_identity::service().jobs_of(&desk.app.host);
    let runner = Runner::new(desk.app.store.clone(), jobs, Arc::new(OsRandom)).unwrap();
    let (stop, heard) = watch::channel(false);
    let working = tokio::spawn(runner.run(heard));
    let begun = Instant::now();
    while !look().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send_replace(true);
    working.await.unwrap();
}

async fn erasing(desk: &Desk) -> usize {
    SagaBoard::of_all(&desk.app.store).list(&SagaFilter::default()).await.unwrap().items.len()
}

on_both_engines! {
    async fn an_account_goes_two_weeks_after_its_person_asked(bench: Bench) {
        let desk = Desk::at(bench).await;
        let (maya, other) = (desk.register("maya@example.org").await, desk.register("other@example.org").await);
        assert_eq!(desk.get(&maya, PATH).await.body["erasesAt"], Value::Null);
        let (status, body) = ask(&desk, &maya, "not hers at all").await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid-credentials")));
        let (status, body) = ask(&desk, &maya, PASSWORD).await;
        assert_eq!((status, body["erasesAt"].as_str()), (StatusCode::OK, Some("2024-01-29T10:00:00Z")), "{body}");
        desk.bench.clock.advance_seconds(60);
        assert_eq!(ask(&desk, &maya, PASSWORD).await.1, body, "asked again, it is the same");
        assert_eq!(desk.get(&other, PATH).await.body["erasesAt"], Value::Null, "another person's own matter");
        assert_eq!(desk.get(&maya, "/api/v1/users/profile").await.status, StatusCode::OK, "until then nothing changes");
        desk.bench.clock.advance_seconds(14 * 86_400);
        work_until(&desk, "the erasure begins", async || erasing(&desk).await == 1).await;
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.log_in("other@example.org", PASSWORD).await.status, StatusCode::OK);
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let story = desk.audited(&admin, maya.id).await;
        let story: Vec<&str> = story.iter().map(String::as_str).filter(|action| action.starts_with("user.")).collect();
        assert_eq!(story, ["user.registered", "user.erasure-asked", "user.disabled", "user.erasure-begun"]);
    }

    async fn who_thinks_again_stays(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let stay = async || desk.call(&maya, Method::DELETE, PATH, None).await.status;
        assert_eq!(stay().await, StatusCode::NO_CONTENT, "she never asked");
        ask(&desk, &maya, PASSWORD).await;
        assert_eq!(stay().await, StatusCode::NO_CONTENT);
        assert_eq!(desk.get(&maya, PATH).await.body["erasesAt"], Value::Null);
        // She may ask once more, and only that counts.
        desk.bench.clock.advance_seconds(10 * 86_400);
        let maya = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        assert_eq!(ask(&desk, &maya, PASSWORD).await.1["erasesAt"], "2024-02-08T10:00:00Z");
        desk.bench.clock.advance_seconds(5 * 86_400);
        assert_eq!(erasing(&desk).await, 0);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK);
    }

    async fn the_last_owner_cannot_leave(bench: Bench) {
        let desk = Desk::at(bench).await;
        let owner = desk.with_role(Role::Owner, "owner@example.org").await;
        let (status, body) = ask(&desk, &owner, PASSWORD).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::CONFLICT, Some("conflict")), "{body}");
        assert_eq!(desk.get(&owner, PATH).await.body["erasesAt"], Value::Null);
    }
}
