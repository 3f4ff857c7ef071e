//! Goals and milestones.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, goal, made, path_of, titles};

on_both_engines! {
    async fn a_goal_is_set_read_and_changed(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let body = json!({
            "title": "Run ten kilometres", "description": "Without stopping.\nAnd talking.", "category": "health", "targetValue": 10,
            "targetUnit": "km", "currentValue": 2.5, "targetDate": "2024-06-30", "milestones": [{ "title": "Five", "targetDate": "2024-03-31" }]
        });
        let goal = made(&app, &caller, "/api/v1/goals", body).await;
        assert_eq!(goal["userId"], json!(caller.user_id().unwrap()));
        assert_eq!((&goal["status"], &goal["progress"], &goal["version"]), (&json!("active"), &json!(0.25), &json!(1)));
        assert_eq!(goal["createdAt"], "2024-01-15T10:00:00Z");
        assert_eq!(goal["milestones"][0]["completedAt"], Value::Null);

        let path = path_of("goals", &goal);
        let read = app.get(&caller, &path).await;
        assert_eq!(read.body, goal);
        bench.clock.advance_seconds(60);
        let changes = json!({ "title": "Run", "description": null, "currentValue": 5, "targetDate": "2024-07-31" });
        let changed = app.patch(&caller, &path, changes).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        assert_eq!(changed.body["title"], "Run");
        assert_eq!(changed.body["description"], Value::Null);
        assert_eq!(changed.body["category"], "health");
        assert_eq!(changed.body["progress"], 0.5);
        assert_eq!(changed.body["version"], 2);
        assert_eq!(changed.body["updatedAt"], "2024-01-15T10:01:00Z");
        assert_eq!(app.get(&caller, &path).await.body, changed.body);
    }

    async fn a_tag_spares_the_body_and_guards_a_change(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("goals", &goal(&app, &caller, "Tagged").await);
        let tag = app.get(&caller, &path).await.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        let known = app.call(&caller, Method::GET, &path).header("if-none-match", &tag).send().await;
        assert_eq!((known.status, known.body), (StatusCode::NOT_MODIFIED, Value::Null));

        // The clock stands still: the tag changes all the same.
        let first = app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(json!({ "title": "First" })).send().await;
        assert_eq!(first.status, StatusCode::OK);
        assert_ne!(first.header("etag"), tag);
        let second = app.call(&caller, Method::PATCH, &path).header("if-match", &tag).json(json!({ "title": "Second" })).send().await;
        assert_eq!(second.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(app.get(&caller, &path).await.body["title"], "First");
        for (method, path) in [(Method::DELETE, path.clone()), (Method::POST, format!("{path}/complete"))] {
            let stale = app.call(&caller, method, &path).header("if-match", &tag).send().await;
            assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        }
        // Nothing changed, so nothing is a new version.
        let same = app.patch(&caller, &path, json!({ "title": "First" })).await;
        assert_eq!(same.body["version"], 2);
    }

    async fn a_goal_goes_through_its_whole_life(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("goals", &goal(&app, &caller, "Live").await);
        let step = |word: &'static str| app.call(&caller, Method::POST, &format!("{path}/{word}")).send();
        let completed = step("complete").await;
        assert_eq!(completed.body["status"], "completed", "{completed:?}");
        assert_eq!(completed.body["completedAt"], "2024-01-15T10:00:00Z");
        assert_eq!(step("complete").await.body, completed.body);
        assert_eq!(step("archive").await.body["status"], "archived");
        let refused = step("complete").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "conflict"));
        assert!(refused.body["detail"].as_str().unwrap().contains("archive"), "{refused:?}");

        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&caller, &path).await);
        assert_hidden(&app.delete(&caller, &path).await);
        assert_hidden(&app.patch(&caller, &path, json!({ "title": "Ghost" })).await);
        assert_hidden(&step("complete").await);
        assert_eq!(app.get(&caller, "/api/v1/goals").await.body["pagination"]["total"], 0);

        let statuses: Vec<Value> = [step("restore").await, step("restore").await, step("restore").await, step("restore").await]
            .into_iter()
            .map(|answer| answer.body["status"].clone())
            .collect();
        assert_eq!(statuses, ["archived", "completed", "active", "active"]);
    }

    async fn what_was_deleted_30_days_ago_is_gone(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let kept = goal(&app, &caller, "Kept").await;
        let path = path_of("goals", &goal(&app, &caller, "Gone").await);
        app.delete(&caller, &path).await;
        bench.clock.advance_seconds(30 * 86_400);
        assert_eq!(banyan_goals::purge(&app.store, bench.tenant).await.unwrap(), 0);
        assert_eq!(app.call(&caller, Method::POST, &format!("{path}/restore")).send().await.status, StatusCode::OK);
        app.delete(&caller, &path).await;
        bench.clock.advance_seconds(30 * 86_400 + 1);
        assert_hidden(&app.call(&caller, Method::POST, &format!("{path}/restore")).send().await);
        assert_eq!(banyan_goals::purge(&app.store, bench.new_id()).await.unwrap(), 0, "another tenant's");
        assert_eq!(banyan_goals::purge(&app.store, bench.tenant).await.unwrap(), 1);
        assert_eq!(app.get(&caller, &path_of("goals", &kept)).await.status, StatusCode::OK);
    }

    async fn milestones_are_added_reached_and_removed(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("goals", &goal(&app, &caller, "Steps").await);
        let with = made(&app, &caller, &format!("{path}/milestones"), json!({ "title": "Half" })).await;
        let milestone = format!("{path}/milestones/{}", with["milestones"][0]["id"].as_str().unwrap());
        let reached = app.patch(&caller, &milestone, json!({ "completed": true, "targetDate": "2024-02-01" })).await;
        assert_eq!(reached.body["milestones"][0]["completedAt"], "2024-01-15T10:00:00Z");
        assert_eq!(reached.body["milestones"][0]["targetDate"], "2024-02-01");
        let not_after_all = app.patch(&caller, &milestone, json!({ "completed": false, "targetDate": null })).await;
        assert_eq!(not_after_all.body["milestones"][0]["completedAt"], Value::Null);
        assert_eq!(not_after_all.body["milestones"][0]["targetDate"], Value::Null);
        let without = app.delete(&caller, &milestone).await;
        assert_eq!(without.body["milestones"], json!([]));
        assert_hidden(&app.delete(&caller, &milestone).await);
        for number in 0..50 {
            made(&app, &caller, &format!("{path}/milestones"), json!({ "title": number.to_string() })).await;
        }
        let full = app.post(&caller, &format!("{path}/milestones"), json!({ "title": "One more" })).await;
        assert_eq!((full.status, full.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["milestones".to_owned()]));
    }

    async fn lists_are_cut_filtered_and_ordered(bench: Bench) {
        let app = app(&bench).await;
        let (caller, other) = (bench.user(), bench.user());
        goal(&app, &other, "Not hers").await;
        for (title, category, date) in [
            ("B", Some("health"), Some("2024-03-01")),
            ("A", None, None),
            ("C", Some("health"), Some("2024-05-01")),
            ("D", Some("work"), Some("2024-04-01")),
        ] {
            bench.clock.advance_seconds(1);
            made(&app, &caller, "/api/v1/goals", json!({ "title": title, "category": category, "targetDate": date })).await;
        }
        let list = |query: &'static str| {
            let (app, caller) = (&app, &caller);
            async move { app.get(caller, &format!("/api/v1/goals{query}")).await.body }
        };
        assert_eq!(titles(&list("").await), ["D", "C", "A", "B"]);
        assert_eq!(titles(&list("?order=ASC").await), ["B", "A", "C", "D"]);
        assert_eq!(titles(&list("?orderBy=title&order=ASC").await), ["A", "B", "C", "D"]);
        assert_eq!(titles(&list("?orderBy=targetDate&order=ASC").await), ["B", "D", "C", "A"]);
        assert_eq!(titles(&list("?orderBy=targetDate").await), ["C", "D", "B", "A"]);
        assert_eq!(titles(&list("?category=health").await), ["C", "B"]);
        assert_eq!(titles(&list("?from=2024-03-02&to=2024-05-01").await), ["D", "C"]);
        let page = list("?limit=3&page=2").await;
        assert_eq!(titles(&page), ["B"]);
        let expected = json!({ "page": 2, "limit": 3, "total": 4, "totalPages": 2, "hasNext": false, "hasPrev": true });
        assert_eq!(page["pagination"], expected);
        let far = list("?page=1000000000").await;
        assert_eq!((titles(&far).len(), &far["pagination"]["total"]), (0, &json!(4)));

        let path = path_of("goals", &list("?category=work").await["data"][0]);
        app.call(&caller, Method::POST, &format!("{path}/complete")).send().await;
        assert_eq!(titles(&list("?status=completed").await), ["D"]);
        assert_eq!(titles(&list("?status=active&limit=1").await), ["C"]);
        app.call(&caller, Method::POST, &format!("{path}/archive")).send().await;
        assert_eq!(titles(&list("").await), ["C", "A", "B"]);
        assert_eq!(titles(&list("?status=archived").await), ["D"]);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let body = json!({
            "title": " ", "description": "\u{7}", "category": "", "targetValue": 0, "targetUnit": "x".repeat(31), "currentValue": 1e13,
            "targetDate": "2024-02-30", "milestones": [{ "title": "" }, { "title": "fine", "targetDate": "1969-12-31" }]
        });
        let answer = app.post(&caller, "/api/v1/goals", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        let fields = [
            "category", "currentValue", "description", "milestones[0].title", "milestones[1].targetDate", "targetDate", "targetUnit",
            "targetValue", "title",
        ];
        assert_eq!(answer.bad_fields(), fields);
        let answer = app.post(&caller, "/api/v1/goals", json!({ "titel": "x", "targetValue": "ten", "milestones": 5 })).await;
        assert_eq!(answer.bad_fields(), ["milestones", "targetValue", "titel", "title"]);
        let path = path_of("goals", &goal(&app, &caller, "Good").await);
        // What cannot be empty cannot be cleared.
        let answer = app.patch(&caller, &path, json!({ "title": null, "currentValue": null, "status": "completed" })).await;
        assert_eq!(answer.bad_fields(), ["currentValue", "status", "title"], "{answer:?}");
        let answer = app.get(&caller, "/api/v1/goals?status=done&colour=red").await;
        assert_eq!(answer.bad_fields(), ["colour", "status"], "{answer:?}");
        assert_eq!(app.get(&caller, "/api/v1/goals?page=0&limit=101&order=up").await.bad_fields(), ["limit", "order", "page"]);
        assert_eq!(app.get(&caller, "/api/v1/goals?orderBy=userId").await.bad_fields(), ["orderBy"]);
        let answer = app.get(&caller, "/api/v1/goals?from=2024-02-01&to=2024-01-01").await;
        assert_eq!(answer.bad_fields(), ["to"]);
        assert_eq!(app.get(&caller, "/api/v1/goals/not-an-id").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.get(&caller, "/api/v1/goals").await.body["pagination"]["total"], 1);
    }

    async fn problems_speak_the_callers_language(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("goals", &goal(&app, &caller, "Arsip").await);
        app.call(&caller, Method::POST, &format!("{path}/archive")).send().await;
        let answer = app.call(&caller, Method::POST, &format!("{path}/complete")).header("accept-language", "id-ID").send().await;
        assert_eq!(answer.body["detail"], "Data ini berada di arsip. Pulihkan terlebih dahulu.");
        assert_eq!(answer.header("content-language"), "id-ID");
    }

    async fn an_idempotent_post_makes_one_goal(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let send = |caller: &banyan_kernel::Caller, title: &str| {
            app.call(caller, Method::POST, "/api/v1/goals").header("idempotency-key", "k-1").json(json!({ "title": title })).send()
        };
        let first = send(&caller, "Once").await;
        let again = send(&caller, "Once").await;
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(first.body, again.body);
        assert_eq!(first.header("location"), again.header("location"));
        assert_eq!(send(&caller, "Other").await.code(), "idempotency-key-reused");
        assert_eq!(send(&bench.user(), "Other").await.status, StatusCode::CREATED);
        assert_eq!(app.get(&caller, "/api/v1/goals").await.body["pagination"]["total"], 1);
    }
}
