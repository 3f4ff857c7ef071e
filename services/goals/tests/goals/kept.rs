//! Lists that are kept: right after each write, and each person's own.

use std::sync::Arc;

use banyan_cache::{Cache, Company, Settings};
use banyan_kernel::OsRandom;
use banyan_testkit::{App, Bench, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{goal, path_of, titles};

const LIST: &str = "/api/v1/goals";

async fn keeping(bench: &Bench) -> App {
    let cache = Cache::new(&Settings::default(), Company::Alone, Arc::new(bench.clock.clone()), &OsRandom);
    let mut resources = http::Extensions::new();
    resources.insert(cache);
    bench.app_with(banyan_goals::service(), Value::Object(serde_json::Map::new()), resources).await
}

async fn listed(app: &App, caller: &banyan_kernel::Caller) -> Value {
    let answer = app.get(caller, LIST).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

on_both_engines! {
    async fn two_people_with_one_question_never_see_each_others_goals(bench: Bench) {
        let app = keeping(&bench).await;
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

    async fn each_write_is_seen_by_whoever_made_it(bench: Bench) {
        let app = keeping(&bench).await;
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
    let app = keeping(&bench).await;
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
