//! The demo data of the context engine's application.

use std::collections::BTreeMap;

use banyan_context::seed_demo;
use banyan_testkit::on_both_engines;

use crate::fixture::{Place, SESSIONS};

on_both_engines! {
    async fn the_demo_is_written_once_and_has_suggestions(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let document = place.app.host.applications.get("context-engine").unwrap().demo("context").unwrap().clone();
        let people: BTreeMap<String, _> =
            ["nadia", "jonas", "lia", "admin"].iter().map(|name| (format!("{name}@context.example"), bench.user())).collect();
        let ids = people.iter().map(|(email, caller)| (email.clone(), caller.user_id().unwrap())).collect();
        for _ in 0..2 {
            seed_demo(&place.app.store, bench.tenant, &ids, &document).await.unwrap();
        }
        let lia = &people["lia@context.example"];
        let sessions = place.read(lia, SESSIONS).await;
        assert_eq!((&sessions["pagination"]["total"], &sessions["data"][0]["role"]), (&1.into(), &"viewer".into()));
        let session = format!("{SESSIONS}/{}", sessions["data"][0]["id"].as_str().unwrap());
        assert_eq!(place.read(lia, &format!("{session}/items")).await["pagination"]["total"], 4);
        let found = place.suggestions(&bench, lia, &session).await;
        let kinds: Vec<&str> = found.iter().map(|one| one["kind"].as_str().unwrap()).collect();
        for kind in ["related", "schedule", "task", "topic"] {
            assert!(kinds.contains(&kind), "{kind} {kinds:?}");
        }
    }
}
