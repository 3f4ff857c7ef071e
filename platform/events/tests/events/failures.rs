//! A handler that fails holds up its key, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use banyan_events::log::{DeadLetters, Filter};
use banyan_events::{Consumer, ConsumerError};
use banyan_testkit::on_both_engines;

use crate::things::{Happened, Switch, TYPES, consumers, publish, store, told, write_down};

/// Fails for key `bad` as long as `broken` is on.
fn moody(broken: &Switch) -> Consumer {
    let broken = broken.clone();
    Consumer::new("moody", TYPES, move |delivery| {
        let broken = broken.clone();
        async move {
            let event: Happened = delivery.event.decode()?;
            write_down(&delivery).await?;
            if event.key == "bad" && broken.is_on() {
                return Err(ConsumerError::Retry("the mail server is away".to_owned()));
            }
            Ok(())
        }
    })
}

on_both_engines! {
    async fn a_key_that_waits_holds_back_its_own_later_events_only(bench: Bench) {
        let store = store(&bench).await;
        let broken = Switch::default();
        broken.set(true);
        let consumers = consumers(&store, moody(&broken));
        for number in 0..3 {
            publish(&store, bench.tenant, "good", number).await;
            publish(&store, bench.tenant, "bad", number).await;
        }
        consumers.drain().await.unwrap();
        publish(&store, bench.tenant, "bad", 3).await;
        consumers.drain().await.unwrap();
        let seen = told(&store, bench.tenant).await;
        assert_eq!((seen["good"].as_slice(), seen.get("bad")), (&[0, 1, 2][..], None), "a failed effect leaves nothing");
        let state = consumers.states().await.unwrap().remove(0);
        assert_eq!((state.lag, state.waiting, state.dead), (0, 4, 0));
        broken.set(false);
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await.get("bad"), None, "a retry waits for its time");
        bench.clock.advance_seconds(2);
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["bad"], [0, 1, 2, 3]);
        let state = consumers.states().await.unwrap().remove(0);
        assert_eq!((state.waiting, state.dead), (0, 0));
    }

    async fn after_ten_failures_an_event_is_dead_and_its_key_goes_on(bench: Bench) {
        let store = store(&bench).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = tries.clone();
        let consumer = Consumer::new("stubborn", TYPES, move |delivery| {
            let counted = counted.clone();
            async move {
                let event: Happened = delivery.event.decode()?;
                if event.number == 0 {
                    counted.fetch_add(1, Ordering::SeqCst);
                    return Err(ConsumerError::Retry("away".to_owned()));
                }
                write_down(&delivery).await
            }
        });
        let consumers = consumers(&store, consumer);
        publish(&store, bench.tenant, "a", 0).await;
        publish(&store, bench.tenant, "a", 1).await;
        consumers.drain().await.unwrap();
        for _ in 0..20 {
            bench.clock.advance_seconds(1_000);
            consumers.drain().await.unwrap();
        }
        // The first one together with its neighbour, then alone, then nine times by the clock.
        assert_eq!(tries.load(Ordering::SeqCst), 11);
        assert_eq!(told(&store, bench.tenant).await["a"], [1]);
        let dead = DeadLetters::of(&store).list(&Filter::default(), None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].attempts, dead[0].history.len(), dead[0].consumer.as_str()), (10, 10, "stubborn"));
        assert_eq!(dead[0].history[9].error, "away");
    }

    async fn poison_dies_at_once_in_the_middle_of_its_key(bench: Bench) {
        let store = store(&bench).await;
        let consumer = Consumer::new("careful", TYPES, |delivery| async move {
            let event: Happened = delivery.event.decode()?;
            if event.number == 1 {
                return Err(ConsumerError::Poison("one is no number".to_owned()));
            }
            write_down(&delivery).await
        });
        let consumers = consumers(&store, consumer);
        for number in 0..3 {
            publish(&store, bench.tenant, "a", number).await;
        }
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [0, 2]);
        let dead = DeadLetters::of(&store).list(&Filter::default(), None, 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].attempts), (1, 1));
    }

    async fn a_handler_that_panics_or_hangs_has_failed(bench: Bench) {
        let store = store(&bench).await;
        let consumer = Consumer::new("wild", TYPES, |delivery| async move {
            let event: Happened = delivery.event.decode()?;
            write_down(&delivery).await?;
            match event.key.as_str() {
                "panics" => panic!("out of my depth"),
                "hangs" => std::future::pending().await,
                _ => Ok(()),
            }
        });
        let consumers = consumers(&store, consumer.deadline(Duration::from_millis(50)));
        for key in ["panics", "fine", "hangs", "also fine"] {
            publish(&store, bench.tenant, key, 1).await;
        }
        consumers.drain().await.unwrap();
        let told = told(&store, bench.tenant).await;
        assert_eq!(told.keys().map(String::as_str).collect::<Vec<_>>(), ["also fine", "fine"]);
        let state = consumers.states().await.unwrap().remove(0);
        assert_eq!(state.waiting, 2);
        let (handled, failed, died) = consumers.counters()[0].1.read();
        assert_eq!((handled, failed, died), (2, 2, 0));
    }
}
