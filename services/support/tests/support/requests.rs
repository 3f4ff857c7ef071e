//! Requests about personal data: UU No. 27 Tahun 2022.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, all, own};

on_both_engines! {
    async fn a_data_request_ends_with_what_came_of_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let ticket = place.ticket(&maya, "data-correction").await;
        assert_eq!(ticket["dueAt"], "2024-01-18T10:00:00Z", "3 × 24 hours");
        assert_eq!(ticket["selfService"], json!({ "method": "PATCH", "path": "/api/v1/users/profile" }));
        let opened = place.event(&bench, "support.ticket.opened", |_| true).await;
        assert_eq!(opened["dataRequest"], true);
        let answer = async |body: Value| place.app.post(&agent, &format!("{}/messages", all(&ticket)), body).await;
        // A question does not stop the law's clock.
        place.good(answer(json!({ "text": "Nama yang mana?", "state": "waiting" })).await, StatusCode::CREATED).await;
        assert_eq!(place.seen(&agent, &ticket).await["dueAt"], "2024-01-18T10:00:00Z");
        let refused = answer(json!({ "text": "Selesai.", "state": "solved" })).await;
        assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["outcome".to_owned()]));
        let early = answer(json!({ "text": "Sebentar.", "outcome": "fulfilled" })).await;
        assert_eq!(early.bad_fields(), ["outcome"], "{early:?}");
        place.good(answer(json!({ "text": "Selesai.", "state": "solved", "outcome": "fulfilled" })).await, StatusCode::CREATED).await;
        let seen = place.good(place.app.get(&maya, &own(&ticket)).await, StatusCode::OK).await;
        assert_eq!((&seen["state"], &seen["outcome"], &seen["dueAt"]), (&json!("solved"), &json!("fulfilled"), &json!(null)));
        let solved = place.event(&bench, "support.ticket.solved", |_| true).await;
        assert_eq!((&solved["category"], &solved["outcome"]), (&json!("data-correction"), &json!("fulfilled")));
        // Asked again, the time runs again.
        bench.clock.advance_seconds(3_600);
        place.app.post(&maya, &format!("{}/messages", own(&ticket)), json!({ "text": "Masih keliru." })).await;
        let seen = place.seen(&agent, &ticket).await;
        assert_eq!((&seen["dueAt"], &seen["outcome"]), (&json!("2024-01-18T11:00:00Z"), &json!(null)));
        // An ordinary question has no outcome.
        let question = place.ticket(&maya, "question").await;
        let unfit = json!({ "text": "x", "state": "solved", "outcome": "refused" });
        let refused = place.app.post(&agent, &format!("{}/messages", all(&question)), unfit).await;
        assert_eq!(refused.bad_fields(), ["outcome"]);
    }

    async fn erasure_is_identitys_and_by_the_right_of_whoever_does_it(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let admin = place.person(&bench, "Rosa", Role::Admin);
        let (copy, ticket) = (place.ticket(&maya, "data-copy").await, place.ticket(&maya, "data-erasure").await);
        assert_eq!(place.seen(&agent, &ticket).await["person"]["erasesAt"], "2024-01-29T10:00:00Z");
        let erase = async |caller: &banyan_kernel::Caller, ticket: &Value| {
            place.app.call(caller, Method::POST, &format!("{}/erasure", all(ticket))).send().await
        };
        assert_eq!(erase(&agent, &ticket).await.status, StatusCode::FORBIDDEN, "who answers may not erase");
        assert_eq!(erase(&admin, &copy).await.status, StatusCode::CONFLICT);
        assert!(place.identity.lock().erased.is_empty());
        assert_eq!(erase(&admin, &ticket).await.status, StatusCode::NO_CONTENT);
        assert_eq!(place.identity.lock().erased, [maya.user_id().unwrap()]);
        let seen = place.seen(&admin, &ticket).await;
        assert_eq!((&seen["state"], &seen["outcome"]), (&json!("solved"), &json!("fulfilled")));
        assert_eq!(erase(&admin, &ticket).await.status, StatusCode::CONFLICT, "it is over");
        let audited = place.audited(&bench, &maya).await;
        assert!(audited.contains(&"ticket.erasure-asked".to_owned()) && audited.contains(&"ticket.erasure-begun".to_owned()), "{audited:?}");
    }

    async fn an_erased_person_leaves_no_ticket_and_the_record_that_it_was_dealt_with(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, agent) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Budi", Role::Support));
        let other = place.person(&bench, "Sam", Role::User);
        let (ticket, kept) = (place.ticket(&maya, "data-erasure").await, place.ticket(&other, "question").await);
        place.app.post(&agent, &format!("{}/messages", all(&kept)), json!({ "text": "Halo." })).await;
        let erase = async |user: banyan_kernel::Uuid| {
            let caller = banyan_kernel::Caller::system(bench.tenant, "identity", banyan_kernel::RequestId(bench.new_id()));
            place.app.call(&caller, Method::DELETE, &format!("/internal/people/{user}")).send().await.status
        };
        assert_eq!(erase(maya.user_id().unwrap()).await, StatusCode::NO_CONTENT);
        assert_eq!(place.app.get(&agent, &all(&ticket)).await.status, StatusCode::FORBIDDEN);
        assert!(place.audited(&bench, &maya).await.contains(&"person.erased".to_owned()));
        // Who answered leaves the tickets of others as they are, with nobody to look after them.
        assert_eq!(erase(agent.user_id().unwrap()).await, StatusCode::NO_CONTENT);
        let admin = place.person(&bench, "Rosa", Role::Admin);
        assert_eq!(place.seen(&admin, &kept).await["assigneeId"], json!(null));
        place.settle(&bench).await;
    }
}
