//! The demo data of the applications.

use std::collections::BTreeMap;

use banyan_content::seed_demo;
use banyan_kernel::application::Document;
use banyan_testkit::on_both_engines;
use http::StatusCode;

use crate::support::{app, path_of};

on_both_engines! {
    async fn the_demo_is_written_once(bench: Bench) {
        let app = app(&bench).await;
        let document = app.host.applications.get("upcoach").unwrap().demo("content").unwrap().clone();
        let (maya, sam, coach) = (bench.user(), bench.user(), bench.user());
        let people = [("maya@upcoach.example", &maya), ("sam@upcoach.example", &sam), ("coach@upcoach.example", &coach)];
        let people: BTreeMap<String, _> = people.iter().map(|(email, caller)| ((*email).to_owned(), caller.user_id().unwrap())).collect();
        for _ in 0..2 {
            seed_demo(&app.store, bench.tenant, &people, &document).await.unwrap();
        }
        let journal = app.get(&maya, "/api/v1/content/journal").await.body;
        assert_eq!(journal["pagination"]["total"], 3);
        assert_eq!(journal["data"][0]["createdAt"], "2024-01-14T10:00:00Z");
        assert_eq!(app.get(&sam, "/api/v1/content/voice-journal").await.body["pagination"]["total"], 1);
        assert_eq!(app.get(&coach, &path_of("journal", &journal["data"][0])).await.status, StatusCode::OK);
    }

    async fn a_demo_of_nobody_is_refused_by_name(bench: Bench) {
        let app = app(&bench).await;
        let text = "[[journals]]\nperson = \"no@body.example\"\ncontent = \"x\"\ndays_ago = 1\n";
        let document = Document { name: "content".into(), path: "apps/x/demo/content.toml".into(), text: text.into() };
        let error = seed_demo(&app.store, bench.tenant, &BTreeMap::new(), &document).await.unwrap_err();
        assert_eq!(error.to_string(), "apps/x/demo/content.toml: `no@body.example` is nobody of the demo");
    }
}
