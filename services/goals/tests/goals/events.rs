//! What leaves with a change, and what does not.

use banyan_contracts::Event;
use banyan_contracts::goals::{GoalCompleted, GoalCreated, HabitCheckedIn, HabitCreated, TaskCompleted};
use banyan_store::StoreError;
use banyan_testkit::{App, Bench, on_both_engines};
use http::Method;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};

use crate::support::{app, daily_habit, goal, made, path_of};

#[derive(FromQueryResult)]
struct Published {
    r#type: String,
    data: Value,
}

/// The events of the tenant, in order.
async fn published(app: &App, bench: &Bench) -> Vec<(String, Value)> {
    let rows = app.store.system(bench.tenant);
    let read = rows.read(|tx| async move {
        let sql = "SELECT type, data, id FROM outbox ORDER BY id";
        let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
        let events: Result<Vec<Published>, sea_orm::DbErr> =
            rows.iter().map(|row| Published::from_query_result(row, "")).collect();
        Ok::<_, StoreError>(events?)
    });
    read.await.unwrap().into_iter().map(|event| (event.r#type, event.data)).collect()
}

on_both_engines! {
    async fn each_happening_is_announced_once_and_without_words(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let step = |path: String| app.call(&caller, Method::POST, &path).send();
        bench.clock.advance_seconds(1);
        let goal = goal(&app, &caller, "A private wish").await;
        for _ in 0..2 {
            bench.clock.advance_seconds(1);
            step(format!("{}/complete", path_of("goals", &goal))).await;
        }
        bench.clock.advance_seconds(1);
        let task = made(&app, &caller, "/api/v1/tasks", json!({ "title": "A private step", "goalId": goal["id"] })).await;
        for status in ["doing", "done", "done"] {
            bench.clock.advance_seconds(1);
            app.patch(&caller, &path_of("tasks", &task), json!({ "status": status })).await;
        }
        bench.clock.advance_seconds(1);
        let habit = daily_habit(&app, &caller).await;
        for _ in 0..2 {
            bench.clock.advance_seconds(1);
            app.post(&caller, &format!("{}/check-ins", path_of("habits", &habit)), json!({ "note": "A private note" })).await;
        }
        // What is refused announces nothing.
        app.post(&caller, "/api/v1/goals", json!({ "title": "" })).await;
        app.post(&caller, "/api/v1/tasks", json!({ "title": "x", "goalId": bench.new_id() })).await;

        let events = published(&app, &bench).await;
        let types: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(types, [GoalCreated::TYPE, GoalCompleted::TYPE, TaskCompleted::TYPE, HabitCreated::TYPE, HabitCheckedIn::TYPE]);
        assert!(!format!("{events:?}").contains("private"), "{events:?}");
        let checked_in: HabitCheckedIn = serde_json::from_value(events[4].1.clone()).unwrap();
        assert_eq!((checked_in.date.as_str(), checked_in.user_id), ("2024-01-15", caller.user_id().unwrap()));
    }
}
