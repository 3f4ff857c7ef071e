//! When somebody goes, and when what is old goes.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, id_in, path_in};

on_both_engines! {
    async fn an_erased_person_leaves_no_session_and_no_name(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (gone, stays) = (bench.user(), bench.user());
        let own = place.session(&gone).await;
        place.share(&gone, &own, &stays, "editor").await;
        place.note(&stays, &own, "Please read this").await;
        let theirs = place.session(&stays).await;
        place.share(&stays, &theirs, &gone, "editor").await;
        let kept = place.note(&gone, &theirs, "Please answer until 2024-05-01").await;
        let all = place.suggestions(&bench, &gone, &theirs).await;
        place.app.call(&gone, Method::POST, &format!("{}/accept", path_in(&theirs, "suggestions", &all[0]))).send().await;
        place.put(&gone, "/api/v1/context/preferences", json!({})).await;
        place.put(&gone, &format!("{theirs}/preferences"), json!({})).await;
        place.settle(&bench).await;
        for _ in 0..2 {
            assert_eq!(place.erase(&bench, gone.user_id().unwrap()).await, StatusCode::NO_CONTENT);
        }
        // Told once, so that what others keep of the session goes, too.
        let told: Vec<Value> = place.events(&bench).await.into_iter().filter(|(kind, _)| kind == "context.session.deleted").map(|(_, data)| data).collect();
        assert_eq!(told, [json!({ "sessionId": id_in(&own) })]);
        assert_hidden(&place.app.get(&stays, &own).await);
        assert_hidden(&place.app.get(&gone, &theirs).await);
        let item = place.read(&stays, &path_in(&theirs, "items", &kept)).await;
        assert_eq!((&item["createdBy"], &item["value"]), (&json!(null), &kept["value"]));
        assert_eq!(place.read(&stays, &format!("{theirs}/participants")).await["pagination"]["total"], 1);
        // No table names that person any more.
        let name = gone.user_id().unwrap();
        for table in banyan_context::service().schema.tables {
            for column in table.columns.iter().filter(|column| column.kind == banyan_store::schema::ColumnType::Uuid) {
                let sql: &'static str = format!("SELECT {} AS named, id FROM {}", column.name, table.name).leak();
                let rows = place.rows(&bench, sql).await;
                let named = rows.iter().filter(|row| row.try_get::<Option<banyan_kernel::Uuid>>("", "named").unwrap() == Some(name));
                assert_eq!(named.count(), 0, "{}.{}", table.name, column.name);
            }
        }
    }

    async fn the_copy_of_a_person_has_what_they_wrote_and_nothing_of_others(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (one, other) = (bench.user(), bench.user());
        let session = place.session(&other).await;
        place.share(&other, &session, &one, "editor").await;
        place.note(&one, &session, "Words of one").await;
        place.note(&other, &session, "Words of the other").await;
        place.settle(&bench).await;
        let caller = banyan_kernel::Caller::system(bench.tenant, "identity", banyan_kernel::RequestId(bench.new_id()));
        let mut copy: Vec<Value> = Vec::new();
        let mut place_in_copy = json!({ "table": 0 });
        while !place_in_copy.is_null() {
            let after = place_in_copy["after"].as_str().map_or_else(String::new, |after| format!("&after={after}"));
            let path = format!("/internal/people/{}/copy?table={}{after}", one.user_id().unwrap(), place_in_copy["table"]);
            let page = place.read(&caller, &path).await;
            place_in_copy = page["next"].clone();
            copy.push(page);
        }
        let text = json!(copy).to_string();
        assert!(text.contains("Words of one") && !text.contains("Words of the other"), "{text}");
        let tables: Vec<&str> = copy.iter().map(|page| page["table"].as_str().unwrap()).collect();
        for table in ["participants", "item_versions", "changes", "habits", "tastes", "preferences"] {
            assert!(tables.contains(&table), "{table} {tables:?}");
        }
    }

    async fn what_was_deleted_long_ago_is_gone_for_good(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        let item = path_in(&session, "items", &place.note(&owner, &session, "Old").await);
        place.app.delete(&owner, &item).await;
        place.settle(&bench).await;
        assert_eq!(banyan_context::purge(&place.app.store, bench.tenant).await.unwrap(), 0);
        bench.clock.advance_seconds(31 * 86_400);
        assert_eq!(banyan_context::purge(&place.app.store, bench.tenant).await.unwrap(), 1);
        assert_hidden(&place.app.call(&owner, Method::POST, &format!("{item}/restore")).send().await);
        // Half a year later nobody knows what happened, and who asks is told so.
        bench.clock.advance_seconds(200 * 86_400);
        banyan_context::purge(&place.app.store, bench.tenant).await.unwrap();
        let missed = place.read(&owner, &format!("{session}/changes?after=0")).await;
        assert_eq!((&missed["complete"], &missed["changes"]), (&json!(false), &json!([])));
        assert!(missed["seq"].as_i64().unwrap() > 0);
    }
}
