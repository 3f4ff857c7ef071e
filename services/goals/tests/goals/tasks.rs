//! Tasks.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, goal, made, path_of, titles};

on_both_engines! {
    async fn a_task_goes_through_its_whole_life(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let goal = goal(&app, &caller, "Goal").await;
        let body = json!({ "title": "Shoes", "notes": "Size 42", "goalId": goal["id"], "dueDate": "2024-02-01", "priority": "high", "position": 3 });
        let task = made(&app, &caller, "/api/v1/tasks", body).await;
        assert_eq!((&task["status"], &task["priority"], &task["goalId"]), (&json!("todo"), &json!("high"), &goal["id"]));
        let path = path_of("tasks", &task);
        assert_eq!(app.get(&caller, &path).await.body, task);
        let step = |word: &'static str| app.call(&caller, Method::POST, &format!("{path}/{word}")).send();
        let done = step("complete").await;
        assert_eq!((&done.body["status"], &done.body["completedAt"]), (&json!("done"), &json!("2024-01-15T10:00:00Z")));
        assert_eq!(step("complete").await.body, done.body);
        let reopened = app.patch(&caller, &path, json!({ "status": "doing", "goalId": null, "notes": null })).await;
        assert_eq!(reopened.status, StatusCode::OK, "{reopened:?}");
        assert_eq!((&reopened.body["completedAt"], &reopened.body["goalId"]), (&Value::Null, &Value::Null));
        assert_eq!(step("archive").await.body["archivedAt"], "2024-01-15T10:00:00Z");
        assert_eq!(titles(&app.get(&caller, "/api/v1/tasks").await.body).len(), 0);
        assert_eq!(titles(&app.get(&caller, "/api/v1/tasks?archived=true").await.body), ["Shoes"]);
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&caller, &path).await);
        assert_eq!(step("restore").await.status, StatusCode::OK);
        assert_eq!(step("restore").await.body["archivedAt"], Value::Null);
        assert_eq!(titles(&app.get(&caller, "/api/v1/tasks?status=doing").await.body), ["Shoes"]);
    }

    async fn a_task_belongs_to_a_goal_of_the_same_person(bench: Bench) {
        let app = app(&bench).await;
        let (caller, other) = (bench.user(), bench.user());
        let foreign = goal(&app, &other, "Foreign").await;
        let deleted = goal(&app, &caller, "Deleted").await;
        app.delete(&caller, &path_of("goals", &deleted)).await;
        let own = made(&app, &caller, "/api/v1/tasks", json!({ "title": "Own" })).await;
        for id in [&foreign["id"], &deleted["id"], &json!(bench.new_id())] {
            let new = app.post(&caller, "/api/v1/tasks", json!({ "title": "x", "goalId": id })).await;
            assert_eq!((new.status, new.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["goalId".to_owned()]));
            let moved = app.patch(&caller, &path_of("tasks", &own), json!({ "goalId": id })).await;
            assert_eq!(moved.bad_fields(), ["goalId"]);
        }
    }

    async fn a_task_outlives_its_goal(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let goal = goal(&app, &caller, "Goal").await;
        let task = made(&app, &caller, "/api/v1/tasks", json!({ "title": "Stay", "goalId": goal["id"] })).await;
        app.delete(&caller, &path_of("goals", &goal)).await;
        bench.clock.advance_seconds(31 * 86_400);
        assert_eq!(banyan_goals::purge(&app.store, bench.tenant).await.unwrap(), 1);
        let stayed = app.get(&caller, &path_of("tasks", &task)).await;
        assert_eq!((stayed.status, &stayed.body["goalId"]), (StatusCode::OK, &Value::Null));
    }

    async fn lists_are_filtered_and_ordered(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let goal = goal(&app, &caller, "Goal").await;
        for (title, priority, position, due) in [("B", "low", 2, Some("2024-02-01")), ("A", "high", 1, None), ("C", "normal", 3, Some("2024-03-01"))] {
            bench.clock.advance_seconds(1);
            let goal = if title == "A" { Value::Null } else { goal["id"].clone() };
            let body = json!({ "title": title, "priority": priority, "position": position, "dueDate": due, "goalId": goal });
            made(&app, &caller, "/api/v1/tasks", body).await;
        }
        let list = |query: &'static str| {
            let (app, caller) = (&app, &caller);
            async move { app.get(caller, &format!("/api/v1/tasks{query}")).await.body }
        };
        assert_eq!(titles(&list("?orderBy=priority").await), ["A", "C", "B"]);
        assert_eq!(titles(&list("?orderBy=position&order=ASC").await), ["A", "B", "C"]);
        assert_eq!(titles(&list("?orderBy=dueDate&order=ASC").await), ["B", "C", "A"]);
        assert_eq!(titles(&list("?from=2024-02-02").await), ["C"]);
        assert_eq!(titles(&list("?priority=high").await), ["A"]);
        let of_goal = app.get(&caller, &format!("/api/v1/tasks?goalId={}", goal["id"].as_str().unwrap())).await.body;
        assert_eq!(titles(&of_goal), ["C", "B"]);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let app = app(&bench).await;
        let body = json!({ "title": "", "notes": "x".repeat(5001), "dueDate": "soon", "priority": "urgent", "position": 1.5, "goalId": "x", "status": 1 });
        let answer = app.post(&bench.user(), "/api/v1/tasks", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The shape is checked before the values.
        for field in ["goalId", "position", "priority", "status"] {
            assert!(answer.bad_fields().contains(&field.to_owned()), "{field}: {answer:?}");
        }
        let answer = app.post(&bench.user(), "/api/v1/tasks", json!({ "title": "", "notes": "x".repeat(5001), "dueDate": "soon", "position": 2_000_000_000_i64 })).await;
        assert_eq!(answer.bad_fields(), ["dueDate", "notes", "position", "title"]);
    }
}
