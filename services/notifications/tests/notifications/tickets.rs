//! Who is told of tickets: those who asked of answers, those who answer of what needs them.

use banyan_contracts::Event;
use banyan_contracts::support::{TicketAnswered, TicketAssigned, TicketEscalated, TicketOpened, TicketReplied, TicketSolved};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_testkit::{Bench, on_both_engines};
use http::Method;

use crate::support::Place;

impl Place {
    async fn publish<E: Event + Send + Sync>(&self, bench: &Bench, event: &E) {
        let rows = self.tickets.system(bench.tenant);
        rows.write(move |tx| async move { tx.publish(event).await }).await.unwrap();
        self.app.deliver().await;
    }

    /// Titles of an inbox in Indonesian, in alphabetical order.
    async fn titles(&self, of: &Caller) -> Vec<String> {
        let call = self.app.call(of, Method::GET, "/api/v1/notifications?limit=100").header("accept-language", "id");
        let list = call.send().await;
        let titles = list.body["data"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned());
        let mut titles: Vec<String> = titles.collect();
        titles.sort();
        titles
    }
}

fn escalated(ticket_id: Uuid, reason: &str, agents: &[&Caller]) -> TicketEscalated {
    TicketEscalated {
        ticket_id,
        reference: "AAAA-0001".to_owned(),
        category: "data-copy".to_owned(),
        tier: 1,
        reason: reason.to_owned(),
        agent_ids: agents.iter().map(|agent| agent.user_id().unwrap()).collect(),
    }
}

on_both_engines! {
    async fn each_is_told_what_concerns_them_and_nobody_twice(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, budi, citra) = (place.person(&bench), place.person(&bench), place.person(&bench));
        // Whoever has never looked begins with now.
        place.app.deliver().await;
        let (ticket_id, user_id, assignee_id) = (bench.new_id(), maya.user_id().unwrap(), budi.user_id().unwrap());
        let reference = || "AAAA-0001".to_owned();
        let opened = TicketOpened {
            ticket_id, user_id, reference: reference(), category: "data-copy".to_owned(), data_request: true, due_at: Timestamp::from_seconds(0),
        };
        place.publish(&bench, &opened).await;
        place.publish(&bench, &escalated(ticket_id, "new", &[&budi, &citra])).await;
        // Whoever takes a ticket knows that.
        let taken = TicketAssigned { ticket_id, reference: reference(), assignee_id, assigned_by: assignee_id };
        place.publish(&bench, &taken).await;
        let given = TicketAssigned { assigned_by: citra.user_id().unwrap(), ..taken };
        place.publish(&bench, &given).await;
        place.publish(&bench, &TicketAnswered { ticket_id, user_id, reference: reference(), waits_for_person: true }).await;
        place.publish(&bench, &TicketReplied { ticket_id, user_id, reference: reference(), assignee_id: Some(assignee_id) }).await;
        place.publish(&bench, &TicketReplied { ticket_id, user_id, reference: reference(), assignee_id: None }).await;
        place.publish(&bench, &escalated(ticket_id, "overdue", &[&citra])).await;
        place.publish(&bench, &escalated(ticket_id, "overdue", &[])).await;
        let solved = TicketSolved { ticket_id, user_id, reference: reference(), category: "data-copy".to_owned(), outcome: None };
        place.publish(&bench, &solved).await;
        assert_eq!(place.titles(&maya).await, ["AAAA-0001 selesai ditangani", "Permintaan Anda AAAA-0001 telah kami terima", "Pertanyaan tentang AAAA-0001"]);
        assert_eq!(place.titles(&budi).await, ["AAAA-0001: ada balasan", "Anda kini menangani AAAA-0001", "Tiket baru: AAAA-0001"]);
        assert_eq!(place.titles(&citra).await, ["AAAA-0001 melewati batas waktu", "Tiket baru: AAAA-0001"]);
    }
}
