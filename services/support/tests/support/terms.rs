//! Time runs out: tickets go up, and those above are called.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::fixture::{Place, all};

on_both_engines! {
    async fn a_data_request_goes_to_administrators_after_two_days_and_to_owners_after_three(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let (admin, owner) = (place.person(&bench, "Rosa", Role::Admin), place.person(&bench, "Wayan", Role::Owner));
        let ticket = place.ticket(&maya, "data-copy").await;
        place.event(&bench, "support.ticket.escalated", |data| data["reason"] == "new").await;
        bench.clock.advance_seconds(48 * 3_600 - 60);
        place.settle(&bench).await;
        assert_eq!(place.seen(&agent, &ticket).await["tier"], 1);
        bench.clock.advance_seconds(120);
        let soon = place.event(&bench, "support.ticket.escalated", |data| data["reason"] == "due-soon").await;
        assert_eq!((&soon["tier"], &soon["agentIds"]), (&json!(2), &json!([admin.user_id().unwrap()])));
        bench.clock.advance_seconds(24 * 3_600);
        let over = place.event(&bench, "support.ticket.escalated", |data| data["reason"] == "overdue").await;
        assert_eq!((&over["tier"], &over["agentIds"]), (&json!(3), &json!([owner.user_id().unwrap()])));
        place.settle(&bench).await;
        let seen = place.seen(&agent, &ticket).await;
        assert_eq!((&seen["tier"], &seen["overdue"], &seen["state"]), (&json!(3), &json!(true), &json!("open")));
        let summary = place.good(place.app.get(&agent, "/api/v1/admin/support/summary").await, StatusCode::OK).await;
        assert_eq!((&summary["overdue"], &summary["openDataRequests"], &summary["unassigned"]), (&json!(1), &json!(1), &json!(1)));
    }

    async fn what_was_answered_in_time_goes_nowhere(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let (answered, late) = (place.ticket(&maya, "question").await, place.ticket(&maya, "question").await);
        place.app.post(&agent, &format!("{}/messages", all(&answered)), json!({ "text": "Ya." })).await;
        bench.clock.advance_seconds(24 * 3_600 + 1);
        let id = late["id"].clone();
        place.event(&bench, "support.ticket.escalated", |data| data["reason"] == "overdue" && data["ticketId"] == id).await;
        place.settle(&bench).await;
        assert_eq!(place.seen(&agent, &answered).await["tier"], 1);
        assert_eq!(place.seen(&agent, &late).await["tier"], 2);
        // Half the time later, if nobody has moved, it goes to the top.
        bench.clock.advance_seconds(12 * 3_600 + 1);
        place.event(&bench, "support.ticket.escalated", |data| data["tier"] == 3 && data["ticketId"] == id).await;
    }

    async fn whoever_needs_help_hands_a_ticket_up(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let admin = place.person(&bench, "Rosa", Role::Admin);
        let ticket = place.ticket(&maya, "complaint").await;
        // Identity cannot be asked now: the call comes when it can.
        place.identity.lock().is_away = true;
        let up = place.app.post(&agent, &format!("{}/escalate", all(&ticket)), json!({ "reason": "Perlu keputusan." })).await;
        assert_eq!(place.good(up, StatusCode::OK).await["tier"], 2);
        place.identity.lock().is_away = false;
        bench.clock.advance_seconds(30);
        let event = place.event(&bench, "support.ticket.escalated", |data| data["reason"] == "asked").await;
        assert_eq!(event["agentIds"], json!([admin.user_id().unwrap()]));
        let notes = place.app.get(&admin, &format!("{}/notes", all(&ticket))).await;
        assert!(notes.body.to_string().contains("Perlu keputusan."), "{notes:?}");
        let blank = place.app.post(&agent, &format!("{}/escalate", all(&ticket)), json!({ "reason": " " })).await;
        assert_eq!(blank.bad_fields(), ["reason"]);
    }
}
