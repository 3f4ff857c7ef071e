//! The machine that may be asked for suggestions: off by default, never trusted.

use banyan_channels::testing::{HttpSink, Reply};
use banyan_kernel::Role;
use banyan_testkit::{App, Bench, on_both_engines};
use serde_json::{Value, json};

use crate::workflow::path;

const KEY: &str = "common-page-of";

async fn suggestions(app: &App, bench: &Bench) -> Vec<Value> {
    let answer = app.get(&bench.with_role(Role::Translator), &format!("{}/suggestions", path(KEY))).await;
    answer.body["suggestions"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone()
}

fn good() -> Reply {
    Reply::json(200, &json!({ "translatedText": "Laman <x id=\"0\"></x> dari <x id=\"1\"></x>" }))
}

fn settings_of(sink: &HttpSink, path: &str) -> Value {
    let http = json!({ "guard": { "hosts": [sink.address().to_string()] }, "deadline_seconds": 60 });
    json!({ "http": http, "machine_url": sink.url(path).to_string(), "machine_key": "a-key" })
}

/// A process that has just been started on the same database: nothing is in its memory.
async fn started_again(bench: &mut Bench, settings: Value) -> App {
    bench.forget_what_is_kept();
    bench.app_with(banyan_translations::service(), settings, http::Extensions::new()).await
}

fn of_machine(all: &[Value]) -> Vec<&Value> {
    all.iter().filter(|one| one["origin"] == "machine").collect()
}

on_both_engines! {
    async fn a_machine_suggests_and_its_mistakes_are_left_out(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let sink = HttpSink::plain().await.unwrap();
        let app = bench.app_with(banyan_translations::service(), settings_of(&sink, "/"), http::Extensions::new()).await;
        for broken in [
            Reply::json(200, &json!({ "translatedText": "Laman dari" })),
            Reply::json(200, &json!({ "translatedText": "{ $page } <x id=\"0\"></x><x id=\"1\"></x>" })),
            Reply::json(200, &json!({ "error": "no" })),
            Reply::status(500),
            Reply::status(302).with("location", "http://127.0.0.1:1/"),
            Reply::HangUp,
        ] {
            sink.always(broken);
            assert!(of_machine(&suggestions(&app, &bench).await).is_empty());
        }
        sink.always(good());
        let all = suggestions(&app, &bench).await;
        let found = of_machine(&all);
        assert_eq!(found[0]["text"], "Laman { $page } dari { $pages }", "{all:?}");
        let asked = sink.heard().pop().unwrap().json();
        assert_eq!((&asked["target"], &asked["source"], &asked["format"], &asked["api_key"]), (&json!("id"), &json!("en"), &json!("html"), &json!("a-key")));
        assert!(asked["q"].as_str().unwrap().contains("<x id=\"0\"></x>"), "{asked}");
    }

    async fn what_it_said_outlives_the_process_until_it_is_old_or_made_of_something_else(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let sink = HttpSink::plain().await.unwrap();
        sink.always(good());
        let app = bench.app_with(banyan_translations::service(), settings_of(&sink, "/"), http::Extensions::new()).await;
        for _ in 0..2 {
            assert_eq!(of_machine(&suggestions(&app, &bench).await).len(), 1);
        }
        assert_eq!(sink.heard().len(), 1);
        let app = started_again(&mut bench, settings_of(&sink, "/")).await;
        assert_eq!(of_machine(&suggestions(&app, &bench).await)[0]["text"], "Laman { $page } dari { $pages }");
        assert_eq!(sink.heard().len(), 1, "it lay in the database");
        // While no process ran, another machine was set.
        let app = started_again(&mut bench, settings_of(&sink, "/other/")).await;
        assert_eq!(of_machine(&suggestions(&app, &bench).await).len(), 1);
        assert_eq!(sink.heard().len(), 2);
        let translator = bench.with_role(Role::Translator);
        let answer = app.get(&bench.in_other_tenant(&translator), &format!("{}/suggestions", path(KEY))).await;
        assert_eq!((answer.status.as_u16(), sink.heard().len()), (200, 3), "each tenant has its own: {answer:?}");
        bench.clock.advance_seconds(30 * 86_400);
        let app = started_again(&mut bench, settings_of(&sink, "/")).await;
        sink.always(Reply::status(500));
        assert!(of_machine(&suggestions(&app, &bench).await).is_empty(), "it is over");
    }

    async fn nothing_is_asked_unless_it_is_set_and_allowed(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let app = bench.app(banyan_translations::service()).await;
        assert!(of_machine(&suggestions(&app, &bench).await).is_empty());
        let sink = HttpSink::plain().await.unwrap();
        // An address of this machine, which the guard keeps away from.
        let settings = json!({ "machine_url": sink.url("/").to_string() });
        let app = bench.app_with(banyan_translations::service(), settings, http::Extensions::new()).await;
        assert!(of_machine(&suggestions(&app, &bench).await).is_empty());
        assert_eq!(sink.connections(), 0);
    }
}
