//! Sharing with a coach.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{app, assert_hidden, daily_habit, goal, made, path_of, titles};

on_both_engines! {
    async fn a_coach_reads_what_she_was_granted_and_changes_nothing(bench: Bench) {
        let app = app(&bench).await;
        let (owner, coach) = (bench.user(), bench.with_role(Role::Coach));
        let owner_id = owner.user_id().unwrap();
        let goal = goal(&app, &owner, "Shared").await;
        let task = made(&app, &owner, "/api/v1/tasks", json!({ "title": "Shared too" })).await;
        let habit = daily_habit(&app, &owner).await;
        made(&app, &owner, &format!("{}/check-ins", path_of("habits", &habit)), json!({})).await;
        assert_hidden(&app.get(&coach, &path_of("goals", &goal)).await);

        let grant = made(&app, &owner, "/api/v1/goals/grants", json!({ "granteeId": coach.user_id(), "kinds": ["goals"] })).await;
        assert_eq!((&grant["ownerId"], &grant["kinds"]), (&json!(owner_id), &json!(["goals"])));
        assert_eq!(app.get(&coach, &path_of("goals", &goal)).await.body, goal);
        assert_eq!(app.get(&coach, &path_of("tasks", &task)).await.body, task);
        assert_eq!(titles(&app.get(&coach, &format!("/api/v1/goals?userId={owner_id}")).await.body), ["Shared"]);
        assert_eq!(titles(&app.get(&coach, "/api/v1/goals").await.body).len(), 0, "her own list stays her own");
        assert_hidden(&app.get(&coach, &path_of("habits", &habit)).await);

        // To read is not to change.
        for (method, path, body) in [
            (Method::PATCH, path_of("goals", &goal), Some(json!({ "title": "Hijacked" }))),
            (Method::DELETE, path_of("goals", &goal), None),
            (Method::POST, format!("{}/complete", path_of("goals", &goal)), None),
            (Method::POST, format!("{}/restore", path_of("goals", &goal)), None),
            (Method::PATCH, path_of("tasks", &task), Some(json!({ "title": "Hijacked" }))),
        ] {
            let mut call = app.call(&coach, method, &path);
            if let Some(body) = body {
                call = call.json(body);
            }
            assert_hidden(&call.send().await);
        }
        let attached = app.post(&coach, "/api/v1/tasks", json!({ "title": "x", "goalId": goal["id"] })).await;
        assert_eq!(attached.bad_fields(), ["goalId"]);

        let both = made(&app, &owner, "/api/v1/goals/grants", json!({ "granteeId": coach.user_id(), "kinds": ["habits", "goals"] })).await;
        assert_eq!(both["kinds"], json!(["goals", "habits"]));
        let days = format!("{}/check-ins", path_of("habits", &habit));
        assert_eq!(app.get(&coach, &days).await.body["pagination"]["total"], 1);
        assert_eq!(app.get(&coach, &format!("{}/streak", path_of("habits", &habit))).await.body["currentStreak"], 1);
        assert_hidden(&app.post(&coach, &days, json!({ "date": "2024-01-14" })).await);
        assert_hidden(&app.delete(&coach, &format!("{days}/2024-01-15")).await);

        let taken = app.delete(&owner, &format!("/api/v1/goals/grants?granteeId={}&kind=goals", coach.user_id().unwrap())).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&coach, &path_of("goals", &goal)).await);
        assert_eq!(app.get(&coach, &path_of("habits", &habit)).await.status, StatusCode::OK);
        app.delete(&owner, &format!("/api/v1/goals/grants?granteeId={}", coach.user_id().unwrap())).await;
        assert_hidden(&app.get(&coach, &path_of("habits", &habit)).await);
    }

    async fn grants_are_listed_for_both_and_for_nobody_else(bench: Bench) {
        let app = app(&bench).await;
        let (owner, coach, other) = (bench.user(), bench.user(), bench.user());
        for _ in 0..2 {
            made(&app, &owner, "/api/v1/goals/grants", json!({ "granteeId": coach.user_id(), "kinds": ["habits", "habits"] })).await;
        }
        for caller in [&owner, &coach] {
            let list = app.get(caller, "/api/v1/goals/grants").await.body;
            assert_eq!(list["pagination"]["total"], 1, "{list}");
            assert_eq!(list["data"][0]["kinds"], json!(["habits"]));
        }
        assert_eq!(app.get(&other, "/api/v1/goals/grants").await.body["pagination"]["total"], 0);
        // Only the owner takes back.
        app.delete(&coach, &format!("/api/v1/goals/grants?granteeId={}", coach.user_id().unwrap())).await;
        assert_eq!(app.get(&owner, "/api/v1/goals/grants").await.body["pagination"]["total"], 1);
    }

    async fn grants_of_nonsense_are_refused(bench: Bench) {
        let app = app(&bench).await;
        let owner = bench.user();
        let body = json!({ "granteeId": owner.user_id(), "kinds": ["goals", "journals", "everything"] });
        let answer = app.post(&owner, "/api/v1/goals/grants", body).await;
        assert_eq!(answer.bad_fields(), ["granteeId", "kinds[1]", "kinds[2]"]);
        let answer = app.post(&owner, "/api/v1/goals/grants", json!({ "granteeId": "me", "kinds": [] })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let answer = app.delete(&owner, "/api/v1/goals/grants?kind=everything").await;
        assert_eq!(answer.bad_fields(), ["granteeId"]);
    }
}
