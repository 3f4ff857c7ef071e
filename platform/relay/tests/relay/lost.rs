//! The broker loses what it acknowledged, and is given it again.

use banyan_testkit::{Bench, Broker, on_both_engines};

use crate::things::{Process, eventually, heard, options, publish, store, stream};

on_both_engines! {
    async fn a_wiped_stream_is_filled_again(bench: Bench) {
        let mut nats = Broker::nats().started().await;
        let store = store(&bench).await;
        publish(&store, bench.tenant, "a", 0..20).await;
        let process = Process::start(&store, &nats);
        process.done().await;
        nats.kill();
        nats.wipe();
        publish(&store, bench.tenant, "a", 20..30).await;
        nats.run().await;
        eventually("it notices", async || process.state().await.here.refills == 1).await;
        process.done().await;
        assert_eq!(heard(&nats).await["a"], (0..30).collect::<Vec<_>>());
        assert_eq!(stream(&nats).await.cached_info().state.messages, 30, "each once");
        // Deleted by somebody, while nothing was cut.
        let made = stream(&nats).await.cached_info().created;
        let client = async_nats::connect(nats.url()).await.unwrap();
        async_nats::jetstream::new(client).delete_stream("banyan").await.unwrap();
        publish(&store, bench.tenant, "a", 30..31).await;
        eventually("it notices again", async || process.state().await.here.refills == 2).await;
        process.done().await;
        assert!(stream(&nats).await.cached_info().created > made);
        assert_eq!(heard(&nats).await["a"], (0..31).collect::<Vec<_>>());
        process.stop().await;
    }

    /// As after a power cut: JetStream acknowledges before what it wrote is on the disk.
    async fn a_lost_end_is_filled_again(bench: Bench) {
        let mut nats = Broker::nats().started().await;
        let store = store(&bench).await;
        let process = Process::start(&store, &nats);
        publish(&store, bench.tenant, "a", 0..10).await;
        process.done().await;
        nats.kill();
        nats.save();
        nats.run().await;
        publish(&store, bench.tenant, "a", 10..20).await;
        process.done().await;
        nats.kill();
        nats.bring_back();
        nats.run().await;
        eventually("it notices", async || process.state().await.here.refills == 1).await;
        process.done().await;
        assert_eq!(heard(&nats).await["a"], (0..20).collect::<Vec<_>>());
        process.stop().await;
    }

    /// Whoever bounds the stream wants old messages to go: they are not sent again.
    async fn what_the_streams_own_limits_took_is_not_lost(bench: Bench) {
        let mut nats = Broker::nats().started().await;
        let store = store(&bench).await;
        let process = Process::start(&store, &nats);
        publish(&store, bench.tenant, "a", 0..10).await;
        process.done().await;
        stream(&nats).await.purge().await.unwrap();
        nats.kill();
        nats.run().await;
        publish(&store, bench.tenant, "a", 10..12).await;
        process.done().await;
        assert_eq!(process.state().await.here.refills, 0);
        assert_eq!(heard(&nats).await["a"], [10, 11]);
        process.stop().await;
    }
}

/// A stream that operators made is brought to what is set, and keeps what is theirs.
#[tokio::test]
async fn limits_of_the_stream_are_brought_to_what_is_set() {
    let bench = Bench::on(banyan_store::EngineKind::Sqlite).await;
    let nats = Broker::nats().started().await;
    let client = async_nats::connect(nats.url()).await.unwrap();
    let theirs = async_nats::jetstream::stream::Config {
        name: "banyan".to_owned(),
        subjects: vec!["legacy.>".to_owned()],
        max_age: std::time::Duration::from_secs(3_600),
        ..Default::default()
    };
    async_nats::jetstream::new(client).create_stream(theirs).await.unwrap();
    let mut options = options(&nats);
    options.max_age = std::time::Duration::from_secs(86_400);
    options.max_bytes = 10_000_000;
    let store = store(&bench).await;
    let sink = std::sync::Arc::new(banyan_relay::NatsSink::new(options));
    let consumers = banyan_events::Consumers::new(&store, Vec::new(), &[store.log()]).unwrap().relayed_to(sink);
    let (stop, heard_stop) = tokio::sync::watch::channel(false);
    let task = tokio::spawn(consumers.clone().run(heard_stop));
    publish(&store, bench.tenant, "a", 0..1).await;
    eventually("it left", async || consumers.relays().await.unwrap().remove(0).lag == 0).await;
    let stream = stream(&nats).await;
    let config = &stream.cached_info().config;
    assert_eq!(config.subjects, ["legacy.>", "banyan.>"]);
    assert_eq!((config.max_age.as_secs(), config.max_bytes), (86_400, 10_000_000));
    stop.send_replace(true);
    task.await.unwrap();
}
