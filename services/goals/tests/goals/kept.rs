//! Lists that are kept: right after each write, and each person's own.

use banyan_testkit::{App, Bench, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{goal, path_of, titles};

const LIST: &str = "/api/v1/goals";

async fn listed(app: &App, caller: &banyan_kernel::Caller) -> Value {
    let answer = app.get(caller, LIST).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

on_both_engines! {
    async fn two_people_with_one_question_never_see_each_others_goals(bench: Bench) {
        let app = bench.app(banyan_goals::service()).await;
        let (one, other) = (bench.user(), bench.user());
        goal(&app, &one, "One's").await;
        for _ in 0..2 {
            assert_eq!(titles(&listed(&app, &one).await), ["One's"]);
            assert_eq!(titles(&listed(&app, &other).await), Vec::<&str>::new());
        }
        goal(&app, &other, "Other's").await;
        for _ in 0..2 {
            assert_eq!(titles(&listed(&app, &one).await), ["One's"]);
            assert_eq!(titles(&listed(&app, &other).await), ["Other's"]);
        }
    }

    async fn neither_do_they_of_habits_and_tasks_and_their_writes_are_seen(bench: Bench) {
        let app = bench.app(banyan_goals::service()).await;
        let (one, other) = (bench.user(), bench.user());
        let run = json!({ "title": "Run", "schedule": { "type": "daily" } });
        for (list, body) in [("/api/v1/habits", run), ("/api/v1/tasks", json!({ "title": "Run" }))] {
            let total = async |caller| app.get(caller, list).await.body["pagination"]["total"].clone();
            assert_eq!((total(&one).await, total(&other).await), (json!(0), json!(0)), "{list}");
            let made = app.post(&one, list, body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
            for _ in 0..2 {
                assert_eq!((total(&one).await, total(&other).await), (json!(1), json!(0)), "{list}");
            }
            let of_one = format!("{list}?userId={}", one.user_id().unwrap());
            assert_eq!(app.get(&other, &of_one).await.body["pagination"]["total"], 0, "{list}: nothing of hers is shown");
        }
    }

    async fn each_write_is_seen_by_whoever_made_it(bench: Bench) {
        let app = bench.app(banyan_goals::service()).await;
        let caller = bench.user();
        assert_eq!(listed(&app, &caller).await["pagination"]["total"], 0);
        let first = goal(&app, &caller, "First").await;
        assert_eq!(titles(&listed(&app, &caller).await), ["First"]);
        let path = path_of("goals", &first);
        let changed = app.patch(&caller, &path, json!({ "title": "Changed" })).await;
        assert_eq!(changed.status, StatusCode::OK);
        assert_eq!(titles(&listed(&app, &caller).await), ["Changed"]);
        let deleted = app.call(&caller, Method::DELETE, &path).send().await;
        assert!(deleted.status.is_success(), "{deleted:?}");
        assert_eq!(listed(&app, &caller).await["pagination"]["total"], 0);
    }
}

/// Where the service runs in this process, and so does its cache.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_question_reads_nothing_and_the_services_own_writes_end_what_is_kept() {
    let bench = Bench::on(banyan_store::EngineKind::Sqlite).await;
    let app = bench.app(banyan_goals::service()).await;
    if app.is_split() {
        return;
    }
    let caller = bench.user();
    goal(&app, &caller, "Kept").await;
    listed(&app, &caller).await;
    let cache = app.host.cache().unwrap();
    let kept = format!("{cache:?}");
    assert!(kept.contains("entries: 1"), "{kept}");
    banyan_goals::purge(&app.store, caller.tenant).await.unwrap();
    assert_eq!(titles(&listed(&app, &caller).await), ["Kept"]);
}
