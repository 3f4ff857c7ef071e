//! A standby that is gone, promoted, silent or somebody else's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use banyan_store::{FallBack, ReplicaStanding, Rows, StoreError, Tx};
use banyan_testkit::{PostgresServer, eventually};
use sea_orm::EntityTrait as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::scene::{Node, Scene, from_standby, is_standby, write};
use crate::notes;

/// Reads without a pause until told otherwise; gives how often. Each read must find `expected`.
fn read_on(rows: &Rows, expected: usize, over: &Arc<AtomicBool>, reads: &Arc<AtomicUsize>) -> impl Future<Output = ()> + use<> {
    let (rows, over, reads) = (rows.clone(), over.clone(), reads.clone());
    async move {
        while !over.load(Ordering::SeqCst) {
            assert_eq!(notes::texts(&rows).await.len(), expected);
            reads.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_dies_in_the_middle_of_reads_fails_none() {
    let scene = Scene::new();
    let node = scene.node().await;
    let rows = node.store.bind(&scene.person());
    write(&rows, "one").await;
    eventually("the standby answers", async || from_standby(&rows).await).await;

    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        readers.spawn(read_on(&rows, 1, &over, &reads));
    }
    eventually("reads run", async || reads.load(Ordering::SeqCst) > 100).await;
    scene.standby.kill();
    node.stands(ReplicaStanding::Unreachable).await;
    let so_far = reads.load(Ordering::SeqCst);
    eventually("reads go on", async || reads.load(Ordering::SeqCst) > so_far + 100).await;
    assert!(!from_standby(&rows).await);

    scene.standby.serve("");
    node.stands(ReplicaStanding::Serving).await;
    eventually("the standby answers again", async || from_standby(&rows).await).await;
    over.store(true, Ordering::SeqCst);
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_was_promoted_is_not_read() {
    let scene = Scene::new();
    let node = scene.node().await;
    let rows = node.store.bind(&scene.person());
    write(&rows, "before").await;
    eventually("the standby answers", async || from_standby(&rows).await).await;

    scene.standby.promote();
    scene.standby.execute("UPDATE notes.notes SET text = 'of another history'").await;
    // At once, not only when somebody has looked.
    assert_eq!(notes::texts(&rows).await, ["before"]);
    node.stands(ReplicaStanding::Promoted).await;
    assert_eq!(notes::texts(&rows).await, ["before"]);
}

/// Leads each new connection to the server of the port that `target` holds then.
async fn balancer(target: Arc<AtomicU16>) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let target = target.load(Ordering::SeqCst);
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                let _either_end_may_close = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_connection_says_itself_where_a_balancer_has_led_it() {
    let scene = Scene::new();
    let promoted = scene.primary.standby("");
    let target = Arc::new(AtomicU16::new(scene.standby.port()));
    let port = balancer(target.clone()).await;
    let url = scene.standby.url("127.0.0.1", "").replace(&format!(":{}/", scene.standby.port()), &format!(":{port}/"));
    let node = scene.node_of(&scene.primary, url, Duration::from_secs(60)).await;
    node.serves().await;
    let rows = node.store.bind(&scene.person());
    write(&rows, "one").await;
    promoted.promote();
    target.store(promoted.port(), Ordering::SeqCst);
    eventually("the standby answers", async || from_standby(&rows).await).await;

    // Who looks at the standby is still connected to it, and so is the one connection for reads, which is held meanwhile.
    let before = node.report().replicas[0].reads;
    rows.read(|tx| {
        let (rows, promoted) = (&rows, &promoted);
        let node = &node;
        async move {
            if is_standby(&tx).await? {
                promoted.execute("DELETE FROM notes.notes").await;
                assert_eq!(notes::texts(rows).await, ["one"]);
                let fallen_back = node.report().fallen_back;
                let (_, count) = fallen_back.into_iter().find(|(why, _)| *why == FallBack::NotAReplica).unwrap();
                assert_eq!((count, node.standing()), (1, ReplicaStanding::Serving));
            }
            Ok::<_, StoreError>(())
        }
    })
    .await
    .unwrap();
    assert_eq!(node.report().replicas[0].reads, before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failover_only_who_follows_the_new_primary_is_read() {
    let scene = Scene::new();
    let left_behind = scene.primary.standby("");
    let old = scene.node_with(&scene.primary, &left_behind, Duration::from_secs(5)).await;
    old.serves().await;
    scene.standby.promote();

    // It still follows the old primary, which goes on for those who have not heard.
    let node = scene.node_with(&scene.standby, &left_behind, Duration::from_secs(5)).await;
    let person = scene.person();
    let rows = node.store.bind(&person);
    node.stands(ReplicaStanding::OtherTimeline).await;
    write(&rows, "to the new primary").await;
    assert_eq!(notes::texts(&rows).await, ["to the new primary"]);
    assert!(!from_standby(&rows).await);

    let copy = scene.standby.standby("");
    let node = scene.node_with(&scene.standby, &copy, Duration::from_secs(5)).await;
    node.serves().await;
    assert_eq!(notes::texts(&node.store.bind(&person)).await, ["to the new primary"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_installation_and_the_primary_itself_are_no_replicas() {
    let scene = Scene::new();
    let other = PostgresServer::start(&[], "");
    let foreign = scene.node_with(&scene.primary, &other, Duration::from_secs(5)).await;
    foreign.stands(ReplicaStanding::Foreign).await;
    let itself = scene.node_with(&scene.primary, &scene.primary, Duration::from_secs(5)).await;
    itself.stands(ReplicaStanding::Promoted).await;
    for node in [foreign, itself] {
        let rows = node.store.bind(&scene.person());
        write(&rows, "one").await;
        assert_eq!(notes::texts(&rows).await, ["one"]);
        assert_eq!(node.report().replicas[0].reads, 0);
    }
}

/// Runs a read that stops between two statements until `disturb` is done; gives where its statements ran in the end, and how often it began.
async fn disturbed(node: &Node, scene: &Scene, disturb: impl AsyncFnOnce()) -> (bool, usize) {
    let rows = node.store.bind(&scene.person());
    write(&rows, "one").await;
    eventually("the standby answers", async || from_standby(&rows).await).await;
    let (begun, go_on, attempts) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let read = {
        let (begun, go_on, attempts) = (begun.clone(), go_on.clone(), attempts.clone());
        tokio::spawn(async move {
            let (begun, go_on, attempts) = (&begun, &go_on, &attempts);
            let work = move |tx: Tx| async move {
                let standby = is_standby(&tx).await?;
                if attempts.fetch_add(1, Ordering::SeqCst) == 0 {
                    begun.notify_one();
                    go_on.notified().await;
                }
                assert_eq!(notes::Entity::find().all(&tx).await?.len(), 1);
                Ok::<_, StoreError>(standby)
            };
            rows.read(work).await.unwrap()
        })
    };
    begun.notified().await;
    disturb().await;
    go_on.notify_one();
    (read.await.unwrap(), attempts.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_stands_in_the_way_of_the_replay_is_repeated_on_the_primary() {
    let scene = Scene::with("-c max_standby_streaming_delay=0");
    let node = scene.node().await;
    let conflicts = "SELECT sum(confl_snapshot + confl_lock) FROM pg_stat_database_conflicts";
    let (standby, attempts) = disturbed(&node, &scene, async || {
        scene.primary.execute("UPDATE notes.notes SET stars = stars + 1").await;
        scene.primary.execute("VACUUM (FREEZE) notes.notes").await;
        eventually("a conflict", async || scene.standby.ask(conflicts).await != "0").await;
    })
    .await;
    assert_eq!((standby, attempts), (false, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_falls_silent_in_the_middle_of_a_read_does_not_hold_it() {
    let scene = Scene::new();
    let node = scene.node().await;
    let (standby, attempts) = disturbed(&node, &scene, async || scene.standby.freeze()).await;
    assert_eq!((standby, attempts), (false, 2));
    assert_eq!(node.standing(), ReplicaStanding::Unreachable);
    scene.standby.thaw();
    node.serves().await;
}
