//! What those who answer do, what of it the person never sees, and what is on record.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, all, own};

on_both_engines! {
    async fn every_look_of_an_agent_is_on_record(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "complaint").await;
        place.seen(&agent, &ticket).await;
        place.app.get(&agent, &format!("{}/messages", all(&ticket))).await;
        place.app.get(&agent, &format!("{}/notes", all(&ticket))).await;
        place.app.get(&agent, &format!("/api/v1/admin/support/tickets?userId={}", maya.user_id().unwrap())).await;
        place.app.patch(&agent, &all(&ticket), json!({ "priority": "urgent" })).await;
        let mut audited = place.audited(&bench, &maya).await;
        audited.sort();
        assert_eq!(audited, ["ticket.changed", "ticket.messages-read", "ticket.notes-read", "ticket.read", "tickets.listed"]);
    }

    async fn notes_and_steps_are_for_those_who_answer_alone(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "question").await;
        let notes = format!("{}/notes", all(&ticket));
        place.good(place.app.post(&agent, &notes, json!({ "text": "Rahasia kami." })).await, StatusCode::CREATED).await;
        place.good(place.app.patch(&agent, &all(&ticket), json!({ "priority": "low", "category": "account" })).await, StatusCode::OK).await;
        place.good(place.app.call(&maya, Method::POST, &format!("{}/close", own(&ticket))).send().await, StatusCode::OK).await;
        let page = place.good(place.app.get(&agent, &notes).await, StatusCode::OK).await;
        let mut kinds: Vec<&str> = page["data"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["category", "note", "priority", "state"]);
        let state = page["data"].as_array().unwrap().iter().find(|note| note["kind"] == "state").unwrap();
        assert_eq!((&state["detail"], &state["authorId"]), (&json!({ "from": "open", "to": "closed" }), &json!(maya.user_id().unwrap())));
        for path in [own(&ticket), format!("{}/messages", own(&ticket)), "/api/v1/support/tickets".to_owned()] {
            let seen = place.good(place.app.get(&maya, &path).await, StatusCode::OK).await;
            assert!(!seen.to_string().contains("Rahasia"), "{seen}");
        }
    }

    async fn two_who_decide_at_once_do_not_overwrite_one_another(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "question").await;
        let changed = place.app.patch(&agent, &all(&ticket), json!({ "priority": "high" })).await;
        let tag = changed.header("etag").to_owned();
        let change = |body: Value| place.app.call(&agent, Method::PATCH, &all(&ticket)).header("if-match", &tag).json(body).send();
        assert_eq!(change(json!({ "priority": "low" })).await.status, StatusCode::OK);
        let late = change(json!({ "priority": "urgent" })).await;
        assert_eq!((late.status, late.code()), (StatusCode::PRECONDITION_FAILED, "precondition-failed"));
    }

    async fn a_ticket_is_given_to_those_who_may_answer_and_nobody_else(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let other = place.person(&bench, "Citra", Role::Support);
        let ticket = place.ticket(&maya, "question").await;
        let give = async |to: Value| place.app.patch(&agent, &all(&ticket), json!({ "assigneeId": to })).await;
        for nobody in [maya.user_id().unwrap(), bench.new_id()] {
            let refused = give(json!(nobody)).await;
            assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["assigneeId".to_owned()]));
        }
        place.good(give(json!(other.user_id().unwrap())).await, StatusCode::OK).await;
        let event = place.event(&bench, "support.ticket.assigned", |_| true).await;
        assert_eq!((&event["assigneeId"], &event["assignedBy"]), (&json!(other.user_id().unwrap()), &json!(agent.user_id().unwrap())));
        for (query, found) in [("assignee=me", 0), ("assignee=nobody", 0), (&*format!("assignee={}", other.user_id().unwrap()), 1)] {
            let list = place.app.get(&agent, &format!("/api/v1/admin/support/tickets?{query}")).await;
            assert_eq!(list.body["pagination"]["total"], found, "{query}");
        }
        place.good(give(json!(null)).await, StatusCode::OK).await;
        place.identity.lock().is_away = true;
        assert_eq!(give(json!(other.user_id().unwrap())).await.status, StatusCode::SERVICE_UNAVAILABLE);
        // The ticket is there all the same.
        assert_eq!(place.seen(&agent, &ticket).await["person"], json!(null));
    }

    async fn agents_see_their_own_tenants_tickets_alone(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "question").await;
        let elsewhere = bench.in_other_tenant(&agent);
        assert_eq!(place.app.get(&elsewhere, &all(&ticket)).await.status, StatusCode::FORBIDDEN);
        let list = place.app.get(&elsewhere, "/api/v1/admin/support/tickets").await;
        assert_eq!(list.body["pagination"]["total"], 0);
        // By the person's own door an agent is a person like others.
        assert_eq!(place.app.get(&agent, &own(&ticket)).await.status, StatusCode::FORBIDDEN);
    }

    async fn what_is_sought_is_found(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Admin));
        let ticket = place.ticket(&maya, "billing").await;
        place.ticket(&maya, "data-copy").await;
        let reference = ticket["reference"].as_str().unwrap().to_lowercase();
        for (query, found) in [
            ("", 2),
            ("?state=open", 2),
            ("?state=closed", 0),
            ("?category=billing", 1),
            ("?priority=high", 1),
            ("?tier=2", 0),
            ("?overdue=true", 0),
            ("?orderBy=dueAt&order=ASC", 2),
            ("?orderBy=priority", 2),
            (&*format!("?reference={reference}"), 1),
        ] {
            let list = place.good(place.app.get(&agent, &format!("/api/v1/admin/support/tickets{query}")).await, StatusCode::OK).await;
            assert_eq!(list["pagination"]["total"], found, "{query}");
        }
        for query in ["?assignee=somebody", "?tier=4", "?state=lost", "?category=x", "?unknown=1", "?orderBy=subject"] {
            let refused = place.app.get(&agent, &format!("/api/v1/admin/support/tickets{query}")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        }
    }
}
