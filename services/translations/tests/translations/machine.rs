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

fn of_machine(all: &[Value]) -> Vec<&Value> {
    all.iter().filter(|one| one["origin"] == "machine").collect()
}

on_both_engines! {
    async fn a_machine_suggests_and_its_mistakes_are_left_out(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let sink = HttpSink::plain().await.unwrap();
        let url = sink.url("/").to_string();
        let http = json!({ "guard": { "hosts": [sink.address().to_string()] }, "deadline_seconds": 60 });
        let settings = json!({ "http": http, "machine_url": url, "machine_key": "a-key" });
        let app = bench.app_with(banyan_translations::service(), settings, http::Extensions::new()).await;
        sink.always(Reply::json(200, &json!({ "translatedText": "Laman <x id=\"0\"></x> dari <x id=\"1\"></x>" })));
        let all = suggestions(&app, &bench).await;
        let found = of_machine(&all);
        assert_eq!(found[0]["text"], "Laman { $page } dari { $pages }", "{all:?}");
        let asked = sink.heard().pop().unwrap().json();
        assert_eq!((&asked["target"], &asked["source"], &asked["format"], &asked["api_key"]), (&json!("id"), &json!("en"), &json!("html"), &json!("a-key")));
        assert!(asked["q"].as_str().unwrap().contains("<x id=\"0\"></x>"), "{asked}");
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
