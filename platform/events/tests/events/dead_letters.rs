//! People mend what could not be handled.

use banyan_events::log::{DeadLetters, Filter, Mend};
use banyan_events::{Consumer, ConsumerError};
use banyan_testkit::on_both_engines;
use serde_json::json;

use crate::things::{Happened, TYPES, consumers, publish, store, told, write_down};

fn careful() -> Consumer {
    Consumer::new("careful", TYPES, |delivery| async move {
        let event: Happened = delivery.event.decode()?;
        if event.number < 0 {
            return Err(ConsumerError::Poison("below zero".to_owned()));
        }
        write_down(&delivery).await
    })
}

on_both_engines! {
    async fn a_dead_letter_is_mended_and_driven_again(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, careful());
        publish(&store, bench.tenant, "a", -1).await;
        publish(&store, bench.tenant, "a", 2).await;
        consumers.drain().await.unwrap();
        let (letters, reason) = (DeadLetters::of(&store), "the sender's mistake, ticket 7");
        let letter = letters.list(&Filter::default(), None, 10).await.unwrap().remove(0);
        assert_eq!(letter.data["number"], -1);
        letters.mend(None, letter.id, &Mend::Redrive, None, reason).await.unwrap().unwrap();
        assert_eq!(letters.count(&Filter::default()).await.unwrap(), 0);
        consumers.drain().await.unwrap();
        assert_eq!(letters.count(&Filter::default()).await.unwrap(), 1, "it is as dead as before");
        let edit = Mend::Edit(json!({ "key": "a", "number": 1 }));
        letters.mend(None, letter.id, &edit, Some(bench.new_id()), reason).await.unwrap().unwrap();
        letters.mend(None, letter.id, &Mend::Redrive, None, reason).await.unwrap().unwrap();
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [2, 1]);
        assert_eq!(letters.count(&Filter::default()).await.unwrap(), 0);
        assert_eq!(store.verify_audit().await.unwrap().records, 3);
    }

    async fn a_dead_letter_is_dropped_and_another_tenants_is_not_seen(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, careful());
        let other = bench.new_id();
        publish(&store, bench.tenant, "a", -1).await;
        publish(&store, other, "a", -2).await;
        consumers.drain().await.unwrap();
        let letters = DeadLetters::of(&store);
        let mine = Filter { tenant: Some(bench.tenant), ..Filter::default() };
        assert_eq!(letters.list(&Filter::default(), None, 10).await.unwrap().len(), 2);
        let letter = letters.list(&mine, None, 10).await.unwrap().remove(0);
        assert_eq!(letter.tenant, bench.tenant);
        let drop = Mend::Drop("nobody wants it".to_owned());
        assert!(letters.mend(Some(other), letter.id, &drop, None, "x").await.unwrap().is_none());
        assert!(letters.mend(Some(bench.tenant), letter.id, &drop, None, "x").await.unwrap().is_some());
        assert!(letters.mend(Some(bench.tenant), letter.id, &drop, None, "x").await.unwrap().is_none());
        assert_eq!(letters.list(&Filter::default(), None, 10).await.unwrap().len(), 1);
        consumers.drain().await.unwrap();
        assert!(told(&store, bench.tenant).await.is_empty());
    }

    async fn dead_letters_are_filtered_and_come_in_pages(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, careful());
        for number in 1..=5 {
            publish(&store, bench.tenant, &format!("key {number}"), -number).await;
            bench.clock.advance_seconds(1);
        }
        consumers.drain().await.unwrap();
        let letters = DeadLetters::of(&store);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = letters.list(&Filter::default(), after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page.into_iter().map(|letter| letter.subject));
        }
        assert_eq!(seen.len(), 5);
        let one = Filter { subject: Some("key 3".to_owned()), consumer: Some("careful".to_owned()), ..Filter::default() };
        assert_eq!(letters.count(&one).await.unwrap(), 1);
        let none = Filter { kind: Some("things.thing.else".to_owned()), ..Filter::default() };
        assert_eq!(letters.count(&none).await.unwrap(), 0);
    }
}
