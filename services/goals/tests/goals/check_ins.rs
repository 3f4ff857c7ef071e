//! Check-ins, streaks, and days in the person's own calendar.

use banyan_testkit::on_both_engines;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{app, assert_hidden, daily_habit, made, path_of};

on_both_engines! {
    async fn a_day_is_checked_in_once(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("habits", &daily_habit(&app, &caller).await);
        let days = format!("{path}/check-ins");
        let first = app.post(&caller, &days, json!({})).await;
        assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
        assert_eq!((&first.body["date"], &first.body["amount"], &first.body["done"]), (&json!("2024-01-15"), &json!(1.0), &json!(true)));
        assert_eq!(first.header("location"), format!("{days}/2024-01-15"));
        assert_eq!((&first.body["progress"]["currentStreak"], &first.body["progress"]["doneToday"]), (&json!(1), &json!(true)));
        let again = app.post(&caller, &days, json!({ "date": "2024-01-15", "amount": 0.5, "note": "Half" })).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(again.body["id"], first.body["id"]);
        assert_eq!((&again.body["amount"], &again.body["done"], &again.body["note"]), (&json!(0.5), &json!(false), &json!("Half")));
        let list = app.get(&caller, &days).await.body;
        assert_eq!((&list["pagination"]["total"], &list["data"][0]["id"]), (&json!(1), &first.body["id"]));

        assert_eq!(app.delete(&caller, &format!("{days}/2024-01-15")).await.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.delete(&caller, &format!("{days}/2024-01-15")).await);
        assert_eq!(app.get(&caller, &format!("{path}/streak")).await.body["doneToday"], false);
    }

    async fn nothing_at_all_means_today(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let days = format!("{}/check-ins", path_of("habits", &daily_habit(&app, &caller).await));
        let send = || app.call(&caller, Method::POST, &days).header("idempotency-key", "k").send();
        let first = send().await;
        assert_eq!((first.status, &first.body["date"]), (StatusCode::CREATED, &json!("2024-01-15")), "{first:?}");
        assert_eq!(send().await.body, first.body);
        assert_eq!(app.post(&caller, &days, Value::Null).await.status, StatusCode::OK);
        let text = app.call(&caller, Method::POST, &days).header("content-type", "text/plain").bytes("done").send().await;
        assert_eq!(text.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let untyped = app.call(&caller, Method::POST, &days).bytes("{}").send().await;
        assert_eq!(untyped.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn many_at_once_leave_one_check_in(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("habits", &daily_habit(&app, &caller).await);
        let days = format!("{path}/check-ins");
        let calls = (0..24).map(|number| app.post(&caller, &days, json!({ "amount": f64::from(number) })));
        let answers = join_all(calls).await;
        let first = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
        let later = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!((first, later), (1, 23), "{answers:?}");
        let ids: std::collections::BTreeSet<String> = answers.iter().map(|answer| answer.body["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(app.get(&caller, &days).await.body["pagination"]["total"], 1);
    }

    async fn streaks_follow_the_days(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let path = path_of("habits", &daily_habit(&app, &caller).await);
        for date in ["2024-01-10", "2024-01-11", "2024-01-13", "2024-01-14"] {
            made(&app, &caller, &format!("{path}/check-ins"), json!({ "date": date })).await;
        }
        let streak = app.get(&caller, &format!("{path}/streak")).await.body;
        assert_eq!((&streak["currentStreak"], &streak["longestStreak"], &streak["streakUnit"]), (&json!(2), &json!(2), &json!("day")));
        assert_eq!((&streak["completionRate"], &streak["totalDays"], &streak["today"]), (&json!(0.8), &json!(4), &json!("2024-01-15")));
        let strength = streak["strength"].as_f64().unwrap();
        assert!(strength > 0.1 && strength < 0.3, "{strength}");
        // Two days later the streak is broken, in the person's own night.
        bench.clock.advance_seconds(86_400);
        assert_eq!(app.get(&caller, &format!("{path}/streak")).await.body["currentStreak"], 0);

        let weekly = json!({ "schedule": { "type": "timesPerWeek", "times": 2 } });
        app.patch(&caller, &path, weekly).await;
        let streak = app.get(&caller, &format!("{path}/streak")).await.body;
        assert_eq!((&streak["currentStreak"], &streak["streakUnit"]), (&json!(1), &json!("week")));
    }

    async fn days_begin_where_the_person_is(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let habit = daily_habit(&app, &caller).await;
        let days = format!("{}/check-ins", path_of("habits", &habit));
        // 16:59 UTC is 23:59 in Jakarta; one minute later a new day begins there.
        bench.clock.set("2024-01-15T16:59:59Z".parse().unwrap());
        assert_eq!(made(&app, &caller, &days, json!({})).await["date"], "2024-01-15");
        bench.clock.advance_seconds(1);
        assert_eq!(made(&app, &caller, &days, json!({})).await["date"], "2024-01-16");
        let future = app.post(&caller, &days, json!({ "date": "2024-01-17" })).await;
        assert_eq!((future.status, future.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["date".to_owned()]));
        // On a journey it is the 17th already on Kiritimati, and the 16th has only begun in Pago Pago.
        bench.clock.set("2024-01-16T12:00:00Z".parse().unwrap());
        let ahead = app.post(&caller, &days, json!({ "date": "2024-01-17", "timeZone": "Pacific/Kiritimati" })).await;
        assert_eq!(ahead.status, StatusCode::CREATED, "{ahead:?}");
        let behind = app.post(&caller, &days, json!({ "timeZone": "Pacific/Pago_Pago" })).await;
        assert_eq!(behind.body["date"], "2024-01-16");
    }

    async fn a_clock_change_costs_no_day(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let habit = made(&app, &caller, "/api/v1/habits", json!({ "title": "Run", "timeZone": "Europe/London", "startDate": "2024-03-29" })).await;
        let path = path_of("habits", &habit);
        // At half past midnight every day, over the night in which an hour is missing.
        for moment in ["2024-03-29T00:30:00Z", "2024-03-30T00:30:00Z", "2024-03-31T00:30:00Z", "2024-03-31T23:30:00Z", "2024-04-01T23:30:00Z"] {
            bench.clock.set(moment.parse().unwrap());
            made(&app, &caller, &format!("{path}/check-ins"), json!({})).await;
        }
        let streak = app.get(&caller, &format!("{path}/streak")).await.body;
        assert_eq!((&streak["currentStreak"], &streak["today"]), (&json!(5), &json!("2024-04-02")));
    }

    async fn lists_are_cut_by_date(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let days = format!("{}/check-ins", path_of("habits", &daily_habit(&app, &caller).await));
        for date in ["2024-01-12", "2024-01-10", "2024-01-14"] {
            made(&app, &caller, &days, json!({ "date": date })).await;
        }
        let dates = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|day| day["date"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(dates(&app.get(&caller, &days).await.body), ["2024-01-14", "2024-01-12", "2024-01-10"]);
        assert_eq!(dates(&app.get(&caller, &format!("{days}?from=2024-01-11&to=2024-01-12")).await.body), ["2024-01-12"]);
        assert_eq!(dates(&app.get(&caller, &format!("{days}?order=ASC&limit=1")).await.body), ["2024-01-10"]);
    }

    async fn bad_fields_are_named(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let days = format!("{}/check-ins", path_of("habits", &daily_habit(&app, &caller).await));
        let body = json!({ "date": "2024-02-30", "amount": -1, "note": "\u{1}", "timeZone": "Nowhere" });
        assert_eq!(app.post(&caller, &days, body).await.bad_fields(), ["amount", "date", "note", "timeZone"]);
        assert_eq!(app.post(&caller, &days, json!({ "date": "1969-12-31" })).await.bad_fields(), ["date"]);
        assert_eq!(app.delete(&caller, &format!("{days}/today")).await.bad_fields(), ["date"]);
        assert_eq!(app.get(&caller, &format!("{days}?from=x")).await.bad_fields(), ["from"]);
    }

    async fn an_idempotent_check_in_is_answered_alike(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        let days = format!("{}/check-ins", path_of("habits", &daily_habit(&app, &caller).await));
        let send = || app.call(&caller, Method::POST, &days).header("idempotency-key", "today").json(json!({})).send();
        let (first, again) = (send().await, send().await);
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(first.body, again.body);
    }
}
