//! What is said is heard outside.

use banyan_store::EngineKind;
use banyan_store::log::Position;
use banyan_testkit::{Bench, Broker, on_both_engines};

use crate::things::{Process, eventually, heard, messages, publish, store, stream};

on_both_engines! {
    /// Also what was said before there was a broker, and what is said while it is away.
    async fn events_leave_in_order_with_tenant_and_type_as_their_subject(bench: Bench) {
        let mut nats = Broker::nats();
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 0..3).await;
        let process = Process::start(&store, &nats);
        eventually("it says why nothing leaves", async || process.state().await.here.trouble.is_some()).await;
        assert!(process.state().await.here.trouble.unwrap().contains("127.0.0.1"));
        assert_eq!(process.state().await.lag, 3);
        eventually("the log waits for it", async || !store.log().readers().await.unwrap().is_empty()).await;
        let reader = store.log().readers().await.unwrap().remove(0);
        assert_eq!((&*reader.reader, reader.position), ("relay.nats", Position::BEGINNING.number));
        nats.run().await;
        process.done().await;
        let other = bench.new_id();
        publish(&store, other, "a", 0..2).await;
        publish(&store, bench.tenant, "a", 3..300).await;
        process.done().await;
        let found = messages(&nats).await;
        let of = |tenant| {
            let mine = found.iter().filter(move |(subject, _)| *subject == format!("banyan.{tenant}.things.thing.happened"));
            mine.map(|(_, event)| event.data["number"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of(bench.tenant), (0..300).collect::<Vec<_>>());
        assert_eq!(of(other), [0, 1]);
        assert!(found.iter().all(|(_, event)| event.source == "/services/things" && event.specversion == "1.0"));
        let state = process.state().await;
        assert_eq!((state.sequence, state.here.refills, state.here.trouble), (Some(302), 0, None));
        process.stop().await;
        // Another process goes on where this one stopped.
        publish(&store, bench.tenant, "a", 300..310).await;
        let process = Process::start(&store, &nats);
        process.done().await;
        assert_eq!(heard(&nats).await["a"].len(), 312 - 2 + 2, "all are there");
        assert_eq!(stream(&nats).await.cached_info().state.messages, 312, "none was sent again");
        process.stop().await;
    }
}

/// What one of them owned is taken over, and order stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_the_log_and_take_over() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let nats = Broker::nats().started().await;
    let stores = [store(&bench).await, store(&bench).await];
    let [first, second] = [Process::start(&stores[0], &nats), Process::start(&stores[1], &nats)];
    eventually("two share", async || first.state().await.owners.len() == 2).await;
    let publishing = |from: i64| {
        let (store, tenant) = (stores[0].clone(), bench.tenant);
        tokio::spawn(async move {
            for number in from..from + 40 {
                for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
                    publish(&store, tenant, key, number..number + 1).await;
                }
            }
        })
    };
    publishing(0).await.unwrap();
    first.done().await;
    assert!(second.state().await.here.sent > 0 && first.state().await.here.sent > 0);
    let more = publishing(40);
    second.kill();
    more.await.unwrap();
    eventually("the other one owns all", async || first.state().await.owners.len() == 1).await;
    first.done().await;
    let heard = heard(&nats).await;
    assert_eq!(heard.len(), 8);
    for (key, numbers) in heard {
        assert_eq!(numbers, (0..80).collect::<Vec<_>>(), "{key}");
    }
    first.stop().await;
}
