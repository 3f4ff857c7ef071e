//! A person asks, is answered, asks again, and says how good the help was.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::fixture::{Place, all, own};

on_both_engines! {
    async fn a_conversation_goes_through_all_its_states(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "question").await;
        assert_eq!((&ticket["state"], &ticket["locale"], &ticket["dueAt"]), (&json!("open"), &json!("id-ID"), &json!("2024-01-16T10:00:00Z")));
        assert_eq!(ticket["reference"].as_str().unwrap().len(), 9);
        let called = place.event(&bench, "support.ticket.escalated", |_| true).await;
        assert_eq!((&called["reason"], &called["agentIds"]), (&json!("new"), &json!([agent.user_id().unwrap()])));

        bench.clock.advance_seconds(60);
        let messages = format!("{}/messages", all(&ticket));
        let answer = place.app.post(&agent, &messages, json!({ "text": "Sejak kapan?", "state": "waiting" })).await;
        place.good(answer, StatusCode::CREATED).await;
        let seen = place.seen(&agent, &ticket).await;
        assert_eq!((&seen["state"], &seen["assigneeId"], &seen["dueAt"]), (&json!("waiting"), &json!(agent.user_id().unwrap()), &json!(null)));
        assert_eq!((&seen["person"]["name"], &seen["person"]["email"]), (&json!("Maya"), &json!("maya@example.com")));

        bench.clock.advance_seconds(60);
        let log = json!({ "text": "Sejak kemarin.", "attachments": [{ "name": "galat.txt", "text": "baris 1\nbaris 2" }] });
        place.good(place.app.post(&maya, &format!("{}/messages", own(&ticket)), log).await, StatusCode::CREATED).await;
        let seen = place.seen(&agent, &ticket).await;
        assert_eq!((&seen["state"], &seen["dueAt"]), (&json!("open"), &json!("2024-01-16T10:02:00Z")));

        bench.clock.advance_seconds(60);
        let answer = json!({ "answer": "solved", "details": "Sudah kami perbaiki.", "state": "solved" });
        let said = place.good(place.app.post(&agent, &messages, answer).await, StatusCode::CREATED).await;
        let text = said["text"].as_str().unwrap();
        assert!(text.starts_with("Yth. Maya,") && text.contains("Sudah kami perbaiki.") && text.contains("Budi, UpCoach"), "{text}");

        let page = place.app.get(&maya, &format!("{}/messages?order=ASC", own(&ticket))).await;
        let from: Vec<_> = page.body["data"].as_array().unwrap().iter().map(|one| one["from"].as_str().unwrap()).collect();
        assert_eq!(from, ["person", "support", "person", "support"]);
        assert_eq!(page.body["data"][2]["attachments"][0]["name"], "galat.txt");
        assert!(!page.body.to_string().contains(&agent.user_id().unwrap().to_string()), "who answers is nobody's business");

        let rate = |rating: i64| json!({ "rating": rating, "comment": "Cepat." });
        let rated = place.app.post(&maya, &format!("{}/rating", own(&ticket)), rate(4)).await;
        assert_eq!(place.good(rated, StatusCode::OK).await["rating"], 4);
        place.good(place.app.post(&maya, &format!("{}/rating", own(&ticket)), rate(5)).await, StatusCode::OK).await;
        let summary = place.good(place.app.get(&agent, "/api/v1/admin/support/summary").await, StatusCode::OK).await;
        assert_eq!((&summary["solved"], &summary["firstAnswersInTime"], &summary["averageRating"]), (&json!(1), &json!(1), &json!(5.0)));
    }

    async fn a_solved_ticket_is_opened_by_a_word_and_a_closed_one_by_asking(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "technical").await;
        let solve = json!({ "text": "Selesai.", "state": "solved" });
        place.good(place.app.post(&agent, &format!("{}/messages", all(&ticket)), solve.clone()).await, StatusCode::CREATED).await;
        let more = json!({ "text": "Belum." });
        place.good(place.app.post(&maya, &format!("{}/messages", own(&ticket)), more.clone()).await, StatusCode::CREATED).await;
        let seen = place.seen(&agent, &ticket).await;
        assert_eq!((&seen["state"], &seen["reopened"], &seen["solvedAt"]), (&json!("open"), &json!(1), &json!(null)));

        place.good(place.app.post(&agent, &format!("{}/messages", all(&ticket)), solve).await, StatusCode::CREATED).await;
        // Nobody writes for a week: it is closed by itself.
        bench.clock.advance_seconds(7 * 86_400 + 1);
        place.event(&bench, "support.ticket.closed", |_| true).await;
        let refused = place.app.post(&maya, &format!("{}/messages", own(&ticket)), more.clone()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "conflict"));
        let again = place.app.call(&maya, Method::POST, &format!("{}/reopen", own(&ticket))).send().await;
        assert_eq!(place.good(again, StatusCode::OK).await["state"], "open");
        let closed = place.app.call(&maya, Method::POST, &format!("{}/close", own(&ticket))).send().await;
        assert_eq!(place.good(closed, StatusCode::OK).await["state"], "closed");
        bench.clock.advance_seconds(30 * 86_400 + 1);
        let late = place.app.call(&maya, Method::POST, &format!("{}/reopen", own(&ticket))).send().await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
        // Two years later nothing of it is left.
        assert_eq!(banyan_support::purge(&place.app.store, bench.tenant).await.unwrap(), 0);
        bench.clock.advance_seconds(730 * 86_400);
        assert_eq!(banyan_support::purge(&place.app.store, bench.tenant).await.unwrap(), 1);
    }

    async fn asking_twice_with_one_key_asks_once(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let maya = place.person(&bench, "Maya", Role::User);
        let mut tickets = Vec::new();
        for _ in 0..2 {
            let call = place.app.call(&maya, Method::POST, "/api/v1/support/tickets").header("idempotency-key", "once");
            let answer = call.json(json!({ "category": "billing", "subject": "Tagihan", "text": "Dua kali?" })).send().await;
            tickets.push(place.good(answer, StatusCode::CREATED).await);
        }
        assert_eq!(tickets[0], tickets[1]);
        let list = place.app.get(&maya, "/api/v1/support/tickets?category=billing&state=open").await;
        assert_eq!(list.body["pagination"]["total"], 1);
    }

    async fn nobody_opens_tickets_without_end(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let maya = place.person(&bench, "Maya", Role::User);
        let mut last = json!(null);
        for _ in 0..50 {
            last = place.ticket(&maya, "question").await;
        }
        let body = json!({ "category": "question", "subject": "x", "text": "x" });
        let full = place.app.post(&maya, "/api/v1/support/tickets", body).await;
        assert_eq!((full.status, full.code()), (StatusCode::CONFLICT, "conflict"));
        place.app.call(&maya, Method::POST, &format!("{}/close", own(&last))).send().await;
        place.ticket(&maya, "question").await;
    }

    async fn what_can_be_asked_is_told_in_ones_own_language(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let call = place.app.call(&bench.user(), Method::GET, "/api/v1/support/categories").header("accept-language", "id");
        let page = place.good(call.send().await, StatusCode::OK).await;
        let copy = page["data"].as_array().unwrap().iter().find(|one| one["category"] == "data-copy").unwrap().clone();
        assert_eq!((&copy["title"], &copy["answeredWithinHours"]), (&json!("Salinan data pribadi saya"), &json!(72)));
        let all = page["data"].as_array().unwrap();
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|one| one["description"] != "" && one["title"] != ""), "{page}");
    }
}
