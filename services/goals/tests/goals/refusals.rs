//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::{Access, Operation};
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, daily_habit, goal, made, path_of};

/// A body that the call takes, so that nothing but the caller can be wrong.
fn body_of(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "createGoal" | "createTask" | "createHabit" | "addMilestone" => json!({ "title": "x" }),
        "updateGoal" | "updateTask" | "updateHabit" | "updateMilestone" | "checkIn" => json!({}),
        "giveGoalsGrant" => json!({ "granteeId": "0190a5b0-0000-7000-8000-000000000000", "kinds": ["goals"] }),
        _ => return None,
    };
    Some(body)
}

on_both_engines! {
    async fn an_anonymous_caller_is_refused_everywhere(bench: Bench) {
        let app = app(&bench).await;
        let operations = banyan_goals::service().operations();
        assert!(operations.len() > 30, "{}", operations.len());
        for operation in operations {
            assert_eq!(operation.access, Access::SignedIn, "{operation:?}");
            let mut call = app.call(&bench.anonymous(), operation.method.clone(), &operation.example_path());
            if let Some(body) = body_of(&operation) {
                call = call.json(body);
            }
            let answer = call.send().await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation:?} {answer:?}");
        }
    }

    async fn strangers_meet_the_same_403_at_every_route_of_a_row(bench: Bench) {
        let app = app(&bench).await;
        let (owner, stranger) = (bench.user(), bench.user());
        let goal = made(&app, &owner, "/api/v1/goals", json!({ "title": "Own", "milestones": [{ "title": "First" }] })).await;
        let task = made(&app, &owner, "/api/v1/tasks", json!({ "title": "Own" })).await;
        let habit = daily_habit(&app, &owner).await;
        made(&app, &owner, &format!("{}/check-ins", path_of("habits", &habit)), json!({ "date": "2024-01-14" })).await;
        let nobody = bench.new_id().to_string();
        let mut seen = 0;
        for operation in banyan_goals::service().operations().iter().filter(|operation| operation.path.contains("{id}")) {
            let thing = [("/goals/", &goal), ("/tasks/", &task), ("/habits/", &habit)];
            let thing = thing.iter().find(|(part, _)| operation.path.contains(part)).unwrap().1;
            let milestone = goal["milestones"][0]["id"].as_str().unwrap();
            let path = |id: &str| {
                let path = operation.path.replace("{id}", id).replace("{milestoneId}", milestone).replace("{date}", "2024-01-14");
                assert!(!path.contains('{'), "{path}");
                path
            };
            let mut answers = Vec::new();
            for caller in [&stranger, &bench.in_other_tenant(&owner)] {
                for id in [thing["id"].as_str().unwrap(), &nobody] {
                    let mut call = app.call(caller, operation.method.clone(), &path(id));
                    if let Some(body) = body_of(operation) {
                        call = call.json(body);
                    }
                    let answer = call.send().await;
                    assert_hidden(&answer);
                    let mut body = answer.body;
                    body["instance"] = Value::Null;
                    body["requestId"] = Value::Null;
                    answers.push(body);
                }
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{operation:?} tells them apart: {answers:?}");
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
        // Nothing of the owner's was touched.
        assert_eq!(app.get(&owner, &path_of("goals", &goal)).await.body, goal);
        assert_eq!(app.get(&owner, &path_of("tasks", &task)).await.body, task);
        assert_eq!(app.get(&owner, &path_of("habits", &habit)).await.body, habit);
    }

    async fn administrators_see_no_goals_without_an_override(bench: Bench) {
        let app = app(&bench).await;
        let owner = bench.user();
        let goal = goal(&app, &owner, "Own").await;
        let admin = bench.with_role(banyan_kernel::Role::Admin);
        assert_hidden(&app.get(&admin, &path_of("goals", &goal)).await);
        let list = app.get(&admin, &format!("/api/v1/goals?userId={}", owner.user_id().unwrap())).await;
        assert_eq!(list.body["pagination"]["total"], 0);
    }

    async fn unknown_methods_are_refused(bench: Bench) {
        let app = app(&bench).await;
        let answer = app.call(&bench.user(), Method::PUT, "/api/v1/goals").send().await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
