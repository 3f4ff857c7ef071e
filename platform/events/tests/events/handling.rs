//! What is committed is handled: once, in order, whoever asks how often.

use std::time::Duration;

use banyan_contracts::Event;
use banyan_events::log::Start;
use banyan_events::{Consumer, Consumers};
use banyan_store::StoreError;
use banyan_store::log::Position;
use banyan_testkit::on_both_engines;

use crate::things::{Happened, Ignored, TYPES, consumers, publish, recorder, schema, store, told, write_down};

on_both_engines! {
    async fn an_event_is_handled_if_and_only_if_its_change_was_committed(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, recorder());
        publish(&store, bench.tenant, "a", 1).await;
        let undone: Result<(), StoreError> = store.system(bench.tenant).write(|tx| async move {
            tx.publish(&Happened { key: "a".to_owned(), number: 2 }).await?;
            Err(StoreError::ForeignKey)
        }).await;
        assert!(undone.is_err());
        for _ in 0..3 {
            consumers.drain().await.unwrap();
        }
        assert_eq!(told(&store, bench.tenant).await["a"], [1]);
    }

    async fn many_events_of_many_keys_and_tenants_keep_their_order(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, recorder());
        let tenants = [bench.tenant, bench.new_id(), bench.new_id()];
        for number in 0..40 {
            for tenant in tenants {
                let store = &store;
                store.system(tenant).write(move |tx| async move {
                    for key in 0..12 {
                        tx.publish(&Happened { key: format!("key {key}"), number }).await?;
                    }
                    tx.publish(&Ignored).await.map(drop)
                }).await.unwrap();
            }
        }
        consumers.drain().await.unwrap();
        for tenant in tenants {
            let told = told(&store, tenant).await;
            assert_eq!(told.len(), 12);
            for (key, numbers) in told {
                assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "{key}");
            }
        }
        let state = consumers.states().await.unwrap().remove(0);
        assert_eq!((state.lag, state.waiting, state.dead), (0, 0, 0));
    }

    async fn a_consumer_goes_on_where_its_process_ended(bench: Bench) {
        let store = store(&bench).await;
        for number in 0..5 {
            consumers(&store, recorder()).drain().await.unwrap();
            publish(&store, bench.tenant, "a", number).await;
        }
        consumers(&store, recorder()).drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [0, 1, 2, 3, 4]);
    }

    async fn two_consumers_each_see_every_event(bench: Bench) {
        let store = store(&bench).await;
        let other = Consumer::new("other", TYPES, |delivery| async move { write_down(&delivery).await });
        let both = Consumers::new(&store, vec![recorder(), other], &[store.log()]).unwrap();
        publish(&store, bench.tenant, "a", 7).await;
        both.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [7, 7]);
    }

    async fn a_new_consumer_begins_where_it_says(bench: Bench) {
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 1).await;
        consumers(&store, recorder()).drain().await.unwrap();
        let late = consumers(&store, Consumer::new("late", TYPES, |delivery| async move { write_down(&delivery).await }).start(Start::Now));
        late.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [1]);
        publish(&store, bench.tenant, "a", 2).await;
        late.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [1, 2]);
    }

    async fn a_service_hears_another_one(bench: Bench) {
        let things = store(&bench).await;
        let listener = bench.store(schema("listener")).await;
        let missing = Consumers::new(&listener, vec![recorder()], &[listener.log()]);
        assert!(missing.err().unwrap().to_string().contains("`things`"));
        let consumers = Consumers::new(&listener, vec![recorder()], &[listener.log(), things.log()]).unwrap();
        publish(&things, bench.tenant, "a", 1).await;
        consumers.drain().await.unwrap();
        assert_eq!(told(&listener, bench.tenant).await["a"], [1]);
        assert!(told(&things, bench.tenant).await.is_empty());
    }

    async fn a_consumer_can_be_told_everything_again(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, recorder());
        publish(&store, bench.tenant, "a", 1).await;
        bench.clock.advance_seconds(60);
        let noon = bench.environment.clock.now();
        publish(&store, bench.tenant, "a", 2).await;
        consumers.drain().await.unwrap();
        assert!(consumers.replay("recorder", "things", store.log().place_at(noon).await.unwrap()).await.unwrap());
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [1, 2, 2]);
        assert!(consumers.replay("recorder", "things", Position::BEGINNING).await.unwrap());
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [1, 2, 2, 1, 2]);
        assert!(!consumers.replay("nobody", "things", Position::BEGINNING).await.unwrap());
    }

    async fn events_that_all_have_passed_are_tidied_and_the_last_one_stays(bench: Bench) {
        let store = store(&bench).await;
        let consumers = consumers(&store, recorder());
        consumers.drain().await.unwrap();
        for number in 0..5 {
            publish(&store, bench.tenant, "a", number).await;
        }
        bench.clock.advance_seconds(60);
        let log = store.log();
        let now = bench.environment.clock.now();
        log.note_reader("things.recorder", Position::BEGINNING).await.unwrap();
        assert_eq!(log.tidy(now).await.unwrap(), 0, "nobody has passed them");
        consumers.drain().await.unwrap();
        log.note_reader("things.recorder", log.end().await.unwrap()).await.unwrap();
        assert_eq!(log.tidy(now).await.unwrap(), 4);
        publish(&store, bench.tenant, "a", 5).await;
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"], [0, 1, 2, 3, 4, 5]);
        let later = bench.store(schema("things")).await;
        publish(&later, bench.tenant, "a", 6).await;
        consumers.drain().await.unwrap();
        assert_eq!(told(&store, bench.tenant).await["a"].last(), Some(&6), "numbers go on after a restart");
    }

    async fn a_log_can_be_compacted_to_the_last_event_of_each_subject(bench: Bench) {
        let store = store(&bench).await;
        for number in 0..4 {
            publish(&store, bench.tenant, "a", number).await;
            publish(&store, bench.tenant, "b", number).await;
        }
        bench.clock.advance_seconds(1);
        let log = store.log();
        while log.is_unsettled().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(log.compact(Happened::TYPE, bench.environment.clock.now()).await.unwrap(), 6);
        consumers(&store, recorder()).drain().await.unwrap();
        let told = told(&store, bench.tenant).await;
        assert_eq!((&told["a"][..], &told["b"][..]), (&[3][..], &[3][..]));
    }

    async fn an_event_that_is_too_long_is_refused(bench: Bench) {
        let store = store(&bench).await;
        let event = &Happened { key: "x".repeat(1024 * 1024), number: 1 };
        let refused = store.system(bench.tenant).write(move |tx| async move { tx.publish(event).await }).await;
        assert!(matches!(&refused, Err(StoreError::Constraint(said)) if said.contains("too long")), "{refused:?}");
    }
}
