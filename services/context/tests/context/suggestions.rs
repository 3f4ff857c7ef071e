//! What the engine proposes, and what it learns from the answers.

use banyan_kernel::{Caller, Role};
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, assert_status, id_in, path_in};

fn of_kind<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|one| one["kind"] == kind).collect()
}

on_both_engines! {
    async fn suggestions_have_reasons_and_the_readers_language(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, viewer) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &viewer, "viewer").await;
        let one = place.note(&owner, &session, "The annual budget of the Bandung office, says Budi Santoso.").await;
        assert_eq!(place.suggestions(&bench, &owner, &session).await, Vec::<Value>::new(), "one item has no company");
        bench.clock.advance_seconds(1);
        let two = place.note(&owner, &session, "Please ask Budi Santoso about the annual budget until 2024-03-12.").await;
        let all = place.suggestions(&bench, &viewer, &session).await;
        let related = of_kind(&all, "related");
        assert_eq!(related.len(), 1, "{all:?}");
        assert_eq!(related[0]["itemIds"], json!([one["id"], two["id"]]));
        let reasons: Vec<&str> = related[0]["reasons"].as_array().unwrap().iter().map(|reason| reason["text"].as_str().unwrap()).collect();
        assert!(reasons.contains(&"annual budget") && reasons.contains(&"budi santoso"), "{reasons:?}");
        assert_eq!(related[0]["model"], json!({ "model": "banyan-context-basic", "version": "1", "source": "built-in" }));
        assert!(of_kind(&all, "schedule")[0]["text"].as_str().unwrap().contains("2024-03-12"));
        assert!(of_kind(&all, "task")[0]["text"].as_str().unwrap().contains("please"));
        let indonesian = place.app.call(&viewer, Method::GET, &path_in(&session, "suggestions", related[0])).header("accept-language", "id").send().await;
        assert!(indonesian.body["text"].as_str().unwrap().contains("membahas hal yang sama"), "{indonesian:?}");
        assert_eq!(indonesian.header("content-language"), "id-ID");

        // Everybody hears of it, once.
        let heard = place.heard(&bench, &session).await;
        let told: Vec<&Value> = heard.iter().filter(|one| one["event"] == "suggestion_generated").collect();
        assert_eq!(told.len(), all.len(), "{told:?}");
        assert!(told.iter().all(|one| one["detail"]["model"] == "banyan-context-basic" && one["actorId"] == json!(null)));
        let events = place.events(&bench).await;
        assert_eq!(events.iter().filter(|(kind, _)| kind == "context.suggestion.generated").count(), all.len());

        // A change that takes the reason away takes the suggestion away.
        place.app.patch(&owner, &path_in(&session, "items", &two), json!({ "version": 1, "value": { "text": "Coffee" } })).await;
        assert_eq!(place.suggestions(&bench, &owner, &session).await, Vec::<Value>::new());
        let expired = place.read(&owner, &format!("{session}/suggestions?state=expired")).await;
        assert_eq!(expired["pagination"]["total"], json!(all.len()));
    }

    async fn answers_change_the_ranking_and_end_the_suggestion(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, viewer) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &viewer, "viewer").await;
        for (day, text) in [(1, "Please book the movers"), (2, "Harus beli kabel"), (3, "Tolong kunci gudang")] {
            place.note(&owner, &session, &format!("{text} 2024-04-0{day}")).await;
        }
        let before = place.suggestions(&bench, &owner, &session).await;
        assert_eq!((of_kind(&before, "schedule").len(), of_kind(&before, "task").len()), (3, 3), "{before:?}");
        assert_eq!(before[0]["kind"], "schedule", "they have the greater score");
        assert!(before.iter().all(|one| (one["rank"].as_f64().unwrap() - one["score"].as_f64().unwrap() / 2.0).abs() < 1e-9));

        let path = |one: &Value, what: &str| format!("{}/{what}", path_in(&session, "suggestions", one));
        assert_hidden(&place.app.call(&viewer, Method::POST, &path(&before[0], "accept")).send().await);
        for _ in 0..2 {
            let taken = place.app.call(&owner, Method::POST, &path(of_kind(&before, "task")[0], "accept")).send().await;
            assert_eq!((taken.status, &taken.body["state"], &taken.body["answeredBy"]), (StatusCode::OK, &json!("accepted"), &json!(owner.user_id())));
        }
        let refused = place.app.post(&owner, &path(of_kind(&before, "schedule")[0], "dismiss"), json!({ "reason": "It is in the calendar." })).await;
        assert_eq!((&refused.body["state"], &refused.body["answerReason"]), (&json!("dismissed"), &json!("It is in the calendar.")));
        let late = place.app.call(&owner, Method::POST, &path(of_kind(&before, "schedule")[0], "accept")).send().await;
        assert_status(&late, StatusCode::CONFLICT);

        let after = place.suggestions(&bench, &owner, &session).await;
        assert_eq!(after.len(), 4);
        assert_eq!(after[0]["kind"], "task", "what was taken comes first: {after:?}");
        // Of the owner alone: the viewer has answered nothing.
        assert_eq!(place.suggestions(&bench, &viewer, &session).await[0]["kind"], "schedule");
        // What was refused is not proposed again, whatever is looked at again.
        let run = place.made(&owner, "/api/v1/context/reprocess", json!({ "sessionId": id_in(&session) })).await;
        place.settle(&bench).await;
        let run = place.read(&owner, &format!("/api/v1/context/reprocess/{}", run["id"].as_str().unwrap())).await;
        assert_eq!((&run["state"], &run["done"], &run["total"]), (&json!("done"), &json!(1), &json!(1)));
        assert_eq!(place.suggestions(&bench, &owner, &session).await.len(), 4);
        let answered = place.events(&bench).await.into_iter().filter(|(kind, _)| kind == "context.suggestion.answered").count();
        assert_eq!(answered, 2);
        // In two weeks nobody answers any more.
        bench.clock.advance_seconds(15 * 86_400);
        assert_eq!(place.suggestions(&bench, &owner, &session).await, Vec::<Value>::new());
    }

    async fn a_session_has_no_more_open_suggestions_than_fifty(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        for number in 0..60 {
            place.note(&owner, &session, &format!("please w{number}x{number}")).await;
        }
        assert_eq!(place.suggestions(&bench, &owner, &session).await.len(), 50);
    }

    async fn patterns_count_what_comes_back_and_forget_slowly(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, editor) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &editor, "editor").await;
        place.note(&owner, &session, "The annual budget for Budi Santoso").await;
        place.settle(&bench).await;
        bench.clock.advance_seconds(14 * 86_400);
        let second = place.note(&editor, &session, "Again the annual budget").await;
        place.settle(&bench).await;
        let weight = async |caller: &Caller, path: &str, key: &str| {
            let page = place.read(caller, path).await;
            let row = page["data"].as_array().unwrap().iter().find(|one| one["key"] == key).cloned();
            row.map(|row| ((row["weight"].as_f64().unwrap() * 100.0).round() / 100.0, row["seen"].as_i64().unwrap()))
        };
        let phrases = format!("{session}/patterns?kind=phrase");
        assert_eq!(weight(&owner, &phrases, "annual budget").await, Some((1.5, 2)), "what is a fortnight old counts half");
        assert_eq!(weight(&owner, &format!("{session}/patterns?kind=entity"), "name:budi santoso").await, Some((0.5, 1)));
        assert_eq!(weight(&owner, &format!("{session}/patterns?kind=hour"), "10").await, Some((1.5, 2)));
        assert_eq!(weight(&owner, &format!("{session}/patterns?kind=item-kind"), "note").await, Some((1.5, 2)));
        // Each person's own, in all sessions.
        assert_eq!(weight(&owner, "/api/v1/context/patterns", "annual budget").await, Some((0.5, 1)));
        assert_eq!(weight(&editor, "/api/v1/context/patterns", "annual budget").await, Some((1.0, 1)));
        assert_eq!(weight(&bench.user(), "/api/v1/context/patterns", "annual budget").await, None);
        // Looked at again, nothing is counted twice; changed, it is.
        place.made(&owner, "/api/v1/context/reprocess", json!({ "sessionId": id_in(&session) })).await;
        place.settle(&bench).await;
        assert_eq!(weight(&owner, &phrases, "annual budget").await, Some((1.5, 2)));
        place.app.patch(&editor, &path_in(&session, "items", &second), json!({ "version": 1, "value": { "text": "annual budget!" } })).await;
        place.settle(&bench).await;
        assert_eq!(weight(&owner, &phrases, "annual budget").await, Some((2.5, 3)));
    }

    async fn reprocessing_is_for_owners_and_for_those_who_run_the_place(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, editor, admin) = (bench.user(), bench.user(), bench.with_role(Role::Admin));
        let session = place.session(&owner).await;
        place.share(&owner, &session, &editor, "editor").await;
        place.note(&owner, &session, "Please rest").await;
        place.session(&editor).await;
        let ask = async |caller: &Caller, body: Value| place.app.post(caller, "/api/v1/context/reprocess", body).await;
        assert_status(&ask(&owner, json!({})).await, StatusCode::FORBIDDEN);
        for caller in [&editor, &admin, &bench.user()] {
            assert_hidden(&ask(caller, json!({ "sessionId": id_in(&session) })).await);
        }
        let asked = ask(&admin, json!({})).await;
        assert_status(&asked, StatusCode::CREATED);
        place.settle(&bench).await;
        let run = asked.header("location");
        let seen = place.read(&bench.with_role(Role::Owner), run).await;
        assert_eq!((&seen["state"], &seen["done"], &seen["total"]), (&json!("done"), &json!(2), &json!(2)));
        assert_hidden(&place.app.get(&owner, run).await);
        assert_eq!(place.suggestions(&bench, &owner, &session).await.len(), 1, "the same as before");
    }
}
