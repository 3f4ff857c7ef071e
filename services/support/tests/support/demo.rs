//! The demo data of the applications.

use std::collections::BTreeMap;

use banyan_kernel::Role;
use banyan_support::seed_demo;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::fixture::Place;

on_both_engines! {
    async fn the_demo_is_written_once(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let document = place.app.host.applications.get("upcoach").unwrap().demo("support").unwrap().clone();
        let names = ["maya", "sam", "coach", "admin"];
        let people: BTreeMap<String, _> = names.iter().map(|name| (format!("{name}@upcoach.example"), bench.user())).collect();
        let ids = people.iter().map(|(email, caller)| (email.clone(), caller.user_id().unwrap())).collect();
        for _ in 0..2 {
            seed_demo(&place.app.store, bench.tenant, &ids, &document).await.unwrap();
        }
        let own = place.good(place.app.get(&people["maya@upcoach.example"], "/api/v1/support/tickets").await, StatusCode::OK).await;
        assert_eq!(own["pagination"]["total"], 2);
        let agent = bench.with_role(Role::Support);
        let all = place.good(place.app.get(&agent, "/api/v1/admin/support/tickets").await, StatusCode::OK).await;
        assert_eq!(all["pagination"]["total"], 4);
        let states: Vec<_> = all["data"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, [json!("open"), json!("open"), json!("waiting"), json!("solved")]);
    }
}
