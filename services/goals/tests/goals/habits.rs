//! Habits.

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, daily_habit, made, path_of, titles};

on_both_engines! {
    async fn a_habit_is_taken_up_with_sensible_defaults(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let habit = made(&app, &caller, "/api/v1/habits", json!({ "title": "Read" })).await;
        assert_eq!(habit["schedule"], json!({ "type": "daily" }));
        // The application's zone, in which it is Monday evening.
        assert_eq!((&habit["timeZone"], &habit["startDate"]), (&json!("Asia/Jakarta"), &json!("2024-01-15")));
        assert_eq!((&habit["targetValue"], &habit["targetUnit"]), (&json!(1.0), &Value::Null));
        // 08:00 on the 16th in Auckland is the 16th only there.
        bench.clock.advance_seconds(9 * 3600);
        let zoned = made(&app, &caller, "/api/v1/habits", json!({ "title": "Swim", "timeZone": "pacific/auckland" })).await;
        assert_eq!((&zoned["timeZone"], &zoned["startDate"]), (&json!("Pacific/Auckland"), &json!("2024-01-16")));
    }

    async fn a_habit_goes_through_its_whole_life(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let habit = daily_habit(&app, &caller).await;
        let path = path_of("habits", &habit);
        assert_eq!(app.get(&caller, &path).await.body, habit);
        let changes = json!({ "schedule": { "type": "weekdays", "days": ["monday", "friday"] }, "targetValue": 8, "targetUnit": "glasses", "timeZone": "Europe/London" });
        let changed = app.patch(&caller, &path, changes.clone()).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        for field in ["schedule", "targetUnit", "timeZone"] {
            assert_eq!(changed.body[field], changes[field]);
        }
        let step = |word: &'static str| app.call(&caller, Method::POST, &format!("{path}/{word}")).send();
        assert_eq!(step("archive").await.body["archivedAt"], "2024-01-15T10:00:00Z");
        assert_eq!(titles(&app.get(&caller, "/api/v1/habits").await.body).len(), 0);
        assert_eq!(titles(&app.get(&caller, "/api/v1/habits?archived=true").await.body), ["Read"]);
        let refused = app.post(&caller, &format!("{path}/check-ins"), json!({})).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(step("restore").await.body["archivedAt"], Value::Null);
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        for path in [path.clone(), format!("{path}/streak"), format!("{path}/check-ins")] {
            assert_hidden(&app.get(&caller, &path).await);
        }
        assert_eq!(step("restore").await.status, StatusCode::OK);
        assert_eq!(titles(&app.get(&caller, "/api/v1/habits").await.body), ["Read"]);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let body = json!({
            "title": "", "schedule": { "type": "timesPerWeek", "times": 8 }, "timeZone": "Mars/Olympus", "targetValue": -1,
            "targetUnit": " ", "startDate": "1969-12-31"
        });
        let answer = app.post(&caller, "/api/v1/habits", body).await;
        assert_eq!(answer.bad_fields(), ["schedule.times", "startDate", "targetUnit", "targetValue", "timeZone", "title"]);
        for (schedule, field) in [
            (json!({ "type": "weekdays", "days": [] }), "schedule.days"),
            (json!({ "type": "weekdays", "days": ["monday", "monday"] }), "schedule.days"),
            (json!({ "type": "timesPerMonth", "times": 0 }), "schedule.times"),
        ] {
            let answer = app.post(&caller, "/api/v1/habits", json!({ "title": "x", "schedule": schedule })).await;
            assert_eq!(answer.bad_fields(), [field], "{answer:?}");
        }
        let wrong = [
            json!("daily"),
            json!({ "type": "hourly" }),
            json!({ "type": "weekdays", "days": ["someday"] }),
            json!({ "type": "timesPerWeek", "times": 3, "days": ["monday"] }),
            json!({}),
        ];
        for schedule in wrong {
            let answer = app.post(&caller, "/api/v1/habits", json!({ "title": "x", "schedule": schedule })).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{schedule}");
            assert!(!answer.bad_fields().is_empty() && answer.bad_fields().iter().all(|field| field.starts_with("schedule")), "{answer:?}");
        }
    }
}
