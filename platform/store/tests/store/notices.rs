//! What processes on one PostgreSQL tell each other of their commits.

use std::time::Duration;

use banyan_contracts::identity::UserRegistered;
use banyan_kernel::Uuid;
use banyan_store::{Engine, EngineKind, PostgresOptions, Store, StoreError, Tx};
use banyan_testkit::Bench;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::notes;

const BELL: &str = "ward";
/// Of the bench's database.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND query LIKE '%pg_notify(%' AND pid <> pg_backend_pid()";
/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The bench's own process, and another one on the same database.
async fn two() -> (Bench, Store, Store) {
    let mut bench = Bench::on(EngineKind::Postgres).await;
    bench.stay_in_one_process().await;
    let one = bench.store(notes::schema()).await;
    let other = open(&bench, bench.database.postgres_url().unwrap()).await;
    (bench, one, other)
}

async fn open(bench: &Bench, url: &str) -> Store {
    let engine = Engine::postgres(PostgresOptions::new(url)).await.unwrap();
    Store::open(&engine, notes::schema(), bench.environment.clone()).await.unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn ring(store: &Store, tenant: Uuid) {
    let rows = store.system(tenant);
    let rung = rows.write(|tx: Tx| async move {
        tx.ring(BELL);
        Ok::<_, StoreError>(())
    });
    rung.await.unwrap();
}

async fn publish(store: &Store, tenant: Uuid) {
    let (rows, event) = (store.system(tenant), &UserRegistered { user_id: tenant, locale: None });
    let published = rows.write(move |tx: Tx| async move { tx.publish(event).await.map(drop) });
    published.await.unwrap();
}

/// Who begins to listen is told to look.
async fn until_it_is_quiet(store: &Store) {
    while timeout(Duration::from_secs(1), store.bell(BELL).notified()).await.is_ok() {}
}

async fn hear_rings(store: &Store) {
    timeout(PATIENCE, store.bell(BELL).notified()).await.expect("the bell rings");
}

#[tokio::test]
async fn a_commit_of_one_process_rings_in_the_other_and_wakes_readers_of_its_log() {
    let (bench, one, other) = two().await;
    until("both are told", || one.is_told() && other.is_told()).await;
    let mut woken = other.log().woken();
    until_it_is_quiet(&other).await;
    woken.borrow_and_update();
    ring(&one, bench.tenant).await;
    hear_rings(&other).await;
    assert!(!woken.has_changed().unwrap(), "nothing was published");
    publish(&one, bench.tenant).await;
    timeout(PATIENCE, woken.changed()).await.unwrap().unwrap();
    // And many at once are told.
    for _ in 0..50 {
        publish(&one, bench.tenant).await;
    }
    let (stopped, stop) = watch::channel(false);
    let log = other.log();
    let polling = tokio::spawn(async move { log.poll(stop).await });
    let mut seen = other.log().woken();
    let all = async {
        while other.log().read(banyan_store::log::Position::BEGINNING, 100).await.unwrap().len() < 51 {
            seen.changed().await.unwrap();
        }
    };
    timeout(PATIENCE, all).await.unwrap();
    stopped.send_replace(true);
    polling.await.unwrap();
}

#[tokio::test]
async fn what_is_rolled_back_rings_nowhere() {
    let (bench, one, other) = two().await;
    until("both are told", || one.is_told() && other.is_told()).await;
    until_it_is_quiet(&other).await;
    let rows = one.system(bench.tenant);
    let failed = rows.write(|tx: Tx| async move {
        tx.ring(BELL);
        Err::<(), _>(StoreError::ForeignKey)
    });
    failed.await.unwrap_err();
    // Told in order: had it rung, it would have before the log was woken.
    let mut woken = other.log().woken();
    woken.borrow_and_update();
    publish(&one, bench.tenant).await;
    timeout(PATIENCE, woken.changed()).await.unwrap().unwrap();
    assert!(timeout(Duration::from_millis(50), other.bell(BELL).notified()).await.is_err());
}

#[tokio::test]
async fn who_is_cut_off_is_told_to_look_and_hears_again() {
    let (bench, one, other) = two().await;
    until("both are told", || one.is_told() && other.is_told()).await;
    let mut woken = other.log().woken();
    for _ in 0..2 {
        woken.borrow_and_update();
        bench.execute(CUT).await;
        publish(&one, bench.tenant).await;
        timeout(PATIENCE, woken.changed()).await.unwrap().unwrap();
        until("both are told again", || one.is_told() && other.is_told()).await;
    }
    until_it_is_quiet(&other).await;
    ring(&one, bench.tenant).await;
    hear_rings(&other).await;
}

#[tokio::test]
async fn behind_a_pooler_that_passes_no_notices_on_everybody_looks() {
    let (bench, one, _) = two().await;
    let url: url::Url = bench.database.postgres_url().unwrap().parse().unwrap();
    let through = behind_a_pooler(&url).await;
    let other = open(&bench, through.as_str()).await;
    until("the one without a pooler is told", || one.is_told()).await;
    let (stopped, stop) = watch::channel(false);
    let log = other.log();
    let polling = tokio::spawn(async move { log.poll(stop).await });
    for _ in 0..3 {
        let mut woken = other.log().woken();
        woken.borrow_and_update();
        publish(&one, bench.tenant).await;
        timeout(PATIENCE, woken.changed()).await.unwrap().unwrap();
        assert!(!other.is_told());
    }
    stopped.send_replace(true);
    polling.await.unwrap();
}

/// The same database through something in between that leaves out what a server says without being asked.
async fn behind_a_pooler(url: &url::Url) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, server) = (listener.local_addr().unwrap().port(), format!("127.0.0.1:{}", url.port().unwrap()));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            let (mut from_client, mut to_server) = (from_client, to_server);
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(pass_on(from_server, to_client));
        }
    });
    let mut through = url.clone();
    through.set_port(Some(port)).unwrap();
    through
}

/// A message is its kind, its length with these four bytes, and what it says (PostgreSQL 17 documentation, 54.7).
async fn pass_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    const NOTIFICATION: u8 = b'A';
    let mut head = [0; 5];
    while from.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let mut rest = vec![0; length - 4];
        if from.read_exact(&mut rest).await.is_err() {
            return;
        }
        if head[0] != NOTIFICATION && (to.write_all(&head).await.is_err() || to.write_all(&rest).await.is_err()) {
            return;
        }
    }
}
