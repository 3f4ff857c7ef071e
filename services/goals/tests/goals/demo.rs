//! The demo data of the applications.

use std::collections::BTreeMap;

use banyan_goals::seed_demo;
use banyan_kernel::application::Document;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{app, path_of, titles};

on_both_engines! {
    async fn the_demo_is_written_once(bench: Bench) {
        let app = app(&bench).await;
        let document = app.host.applications.get("upcoach").unwrap().demo("goals").unwrap().clone();
        let (maya, sam, coach) = (bench.user(), bench.user(), bench.user());
        let people = [("maya@upcoach.example", &maya), ("sam@upcoach.example", &sam), ("coach@upcoach.example", &coach)];
        let people: BTreeMap<String, _> = people.iter().map(|(email, caller)| ((*email).to_owned(), caller.user_id().unwrap())).collect();
        for _ in 0..2 {
            seed_demo(&app.store, bench.tenant, &people, &document).await.unwrap();
        }
        let goals = app.get(&maya, "/api/v1/goals").await.body;
        assert_eq!(goals["pagination"]["total"], 3);
        assert_eq!(app.get(&maya, "/api/v1/goals?status=completed").await.body["pagination"]["total"], 1);
        let habits = app.get(&maya, "/api/v1/habits?orderBy=title&order=ASC").await.body;
        assert_eq!(titles(&habits), ["Berjalan kaki tiga kali sepekan", "Membaca sepuluh halaman"]);
        let streak = |habit: usize| format!("{}/streak", path_of("habits", &habits["data"][habit]));
        let walking = app.get(&maya, &streak(0)).await.body;
        assert_eq!((&walking["streakUnit"], &walking["totalDays"]), (&json!("week"), &json!(12)), "{walking}");
        let reading = app.get(&maya, &streak(1)).await.body;
        assert_eq!((&reading["currentStreak"], &reading["longestStreak"]), (&json!(3), &json!(9)), "{reading}");
        assert_eq!(app.get(&coach, &path_of("goals", &goals["data"][0])).await.status, StatusCode::OK);
        assert_eq!(app.get(&sam, "/api/v1/tasks").await.body["pagination"]["total"], 2);
    }

    async fn a_demo_of_nobody_is_refused_by_name(bench: Bench) {
        let app = app(&bench).await;
        let document = |text: &str| Document { name: "goals".into(), path: "apps/x/demo/goals.toml".into(), text: text.into() };
        let stranger = document("[[goals]]\nperson = \"no@body.example\"\ntitle = \"x\"\nstarted_days_ago = 1\n");
        let error = seed_demo(&app.store, bench.tenant, &BTreeMap::new(), &stranger).await.unwrap_err();
        assert_eq!(error.to_string(), "apps/x/demo/goals.toml: `no@body.example` is nobody of the demo");
        let misspelt = document("[[goals]]\nperson = \"a@b.example\"\ntitel = \"x\"\n");
        let error = seed_demo(&app.store, bench.tenant, &BTreeMap::new(), &misspelt).await.unwrap_err();
        assert!(error.to_string().starts_with("apps/x/demo/goals.toml:3: `titel`"), "{error}");
    }
}
