//! Steps that are done in order or undone in reverse, wherever a process is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use banyan_events::jobs::{Board, BoardError, Filter, JobError, JobState, Jobs, Retries, Runner};
use banyan_events::sagas::{Saga, SagaBoard, SagaBuilder, SagaFilter, SagaSheet, SagaState, Started, StepContext, start};
use banyan_kernel::{OsRandom, Uuid};
use banyan_store::{Observer, Store, StoreError, Tx};
use banyan_testkit::{Bench, on_both_engines};
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use crate::effects::{Running, delete, eventually, insert, labels, schema, timing};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    to: String,
}

/// Once, however often it is asked: the key says whether it is there.
async fn book(context: StepContext<Trip>, what: &'static str) -> Result<(), JobError> {
    context.keep(what, &context.key())?;
    context.write(move |tx| async move { Ok(insert_once(&tx, what).await?) }).await
}

async fn insert_once(tx: &Tx, label: &str) -> Result<(), StoreError> {
    let found =
        Statement::from_sql_and_values(tx.get_database_backend(), "SELECT id FROM effects WHERE label = $1", [label.into()]);
    if tx.query_one_raw(found).await?.is_none() {
        insert(tx, label).await?;
    }
    Ok(())
}

async fn cancel(context: StepContext<Trip>, what: &'static str) -> Result<(), JobError> {
    context.write(move |tx| async move { Ok(delete(&tx, what).await.map(drop)?) }).await
}

const QUICK: Retries = Retries { attempts: 2, first: Duration::from_secs(1), longest: Duration::from_secs(1) };

/// Train and hotel; the last step is the test's.
fn trip() -> SagaBuilder<Trip> {
    Saga::new::<Trip>("trip").step("train", |context| book(context, "train"), |context| cancel(context, "train")).step(
        "hotel",
        |context| book(context, "hotel"),
        |context| cancel(context, "hotel"),
    )
}

fn good() -> Jobs {
    Jobs::new().saga(trip().step("dinner", |context| book(context, "dinner"), |context| cancel(context, "dinner")).build())
}

/// Dinner is served, and then it turns out that it cannot be.
fn bad() -> Jobs {
    let spoiled = |context: StepContext<Trip>| async move {
        book(context, "dinner").await?;
        Err(JobError::Fatal("the cook is ill".to_owned()))
    };
    Jobs::new().saga(trip().step("dinner", spoiled, |context| cancel(context, "dinner")).build())
}

async fn begin(store: &Store, tenant: Uuid) -> Started {
    let trip = &Trip { to: "Ubud".to_owned() };
    store.system(tenant).write(move |tx| async move { start(&tx, "trip", trip).unique("ubud").await }).await.unwrap()
}

async fn only(store: &Store) -> SagaSheet {
    SagaBoard::of_all(store).list(&SagaFilter::default()).await.unwrap().items.remove(0)
}

async fn is(store: &Store, state: SagaState) -> bool {
    only(store).await.state == state
}

fn story(sheet: &SagaSheet) -> Vec<String> {
    sheet.history.iter().map(|event| format!("{} {}", event.step, event.what)).collect()
}

on_both_engines! {
    async fn steps_are_done_in_order(bench: Bench) {
        let store = bench.store(schema()).await;
        assert!(matches!(begin(&store, bench.tenant).await, Started::New(_)));
        assert_eq!(begin(&store, bench.tenant).await, Started::AlreadyThere);
        let running = Running::start(&store, good());
        eventually("it is done", async || is(&store, SagaState::Done).await).await;
        assert_eq!(labels(&store, bench.tenant).await, ["train", "hotel", "dinner"]);
        assert_eq!(story(&only(&store).await), ["train done", "hotel done", "dinner done"]);
        eventually("its job has ended", async || {
            Board::of_all(&store).list(&Filter::default()).await.unwrap().items[0].state == JobState::Done
        }).await;
        assert!(matches!(begin(&store, bench.tenant).await, Started::New(_)), "it has ended");
        running.stop().await;
    }

    async fn a_step_that_cannot_be_done_undoes_all_in_reverse(bench: Bench) {
        let store = bench.store(schema()).await;
        begin(&store, bench.tenant).await;
        let running = Running::start(&store, bad());
        eventually("it is undone", async || is(&store, SagaState::Compensated).await).await;
        assert_eq!(labels(&store, bench.tenant).await, Vec::<String>::new());
        let sheet = only(&store).await;
        assert_eq!(story(&sheet), [
            "train done", "hotel done", "dinner failed", "dinner compensating", "dinner undone", "hotel undone", "train undone",
        ]);
        assert_eq!(sheet.history[2].error.as_deref(), Some("the cook is ill"));
        let board = SagaBoard::of_all(&store);
        assert!(matches!(board.resume(sheet.id).await, Err(BoardError::WrongState(_))));
        assert!(matches!(board.compensate(sheet.id).await, Err(BoardError::WrongState(_))));
        running.stop().await;
    }

    async fn steps_that_hang_or_panic_fail_and_what_cannot_be_undone_is_stuck_until_a_person_helps(bench: Bench) {
        let store = bench.store(schema()).await;
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = mended.clone();
        let saga = Saga::new::<Trip>("trip")
            .step("train", |context| book(context, "train"), move |context: StepContext<Trip>| {
                let mended = is_mended.load(Ordering::SeqCst);
                async move { if mended { cancel(context, "train").await } else { panic!("no refund") } }
            }).retries(QUICK)
            .step_without_undo("dinner", |_| std::future::pending()).timeout(Duration::from_millis(100)).retries(QUICK)
            .build();
        begin(&store, bench.tenant).await;
        let running = Running::start(&store, Jobs::new().saga(saga));
        eventually("it is stuck", async || { bench.clock.advance_seconds(1); is(&store, SagaState::Stuck).await }).await;
        let sheet = only(&store).await;
        assert_eq!(story(&sheet), [
            "train done", "dinner failed", "dinner failed", "dinner compensating", "train undo failed", "train undo failed", "train stuck",
        ]);
        assert_eq!(sheet.history[1].error.as_deref(), Some("it took longer than 0.1 s"));
        assert_eq!(sheet.history[4].error.as_deref(), Some("it panicked: no refund"));
        assert_eq!(begin(&store, bench.tenant).await, Started::AlreadyThere, "a stuck one has not ended");
        mended.store(true, Ordering::SeqCst);
        let elsewhere = SagaBoard::of_tenant(&store, bench.new_id(), None);
        assert!(matches!(elsewhere.resume(sheet.id).await, Err(BoardError::NotFound)), "another tenant's is not there");
        SagaBoard::of_tenant(&store, bench.tenant, None).resume(sheet.id).await.unwrap();
        eventually("it is undone", async || is(&store, SagaState::Compensated).await).await;
        assert_eq!(labels(&store, bench.tenant).await, Vec::<String>::new());
        running.stop().await;
    }

    async fn behind_the_point_of_no_return_there_is_only_forward(bench: Bench) {
        let store = bench.store(schema()).await;
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = mended.clone();
        let saga = trip().point_of_no_return().step_without_undo("dinner", move |context: StepContext<Trip>| {
            let mended = is_mended.load(Ordering::SeqCst);
            async move {
                assert_eq!((context.kept::<String>("train"), context.input().to.as_str()), (Some(format!("{}:train", context.saga())), "Ubud"));
                if mended { book(context, "dinner").await } else { Err(JobError::Retry("closed".to_owned())) }
            }
        }).retries(QUICK).build();
        begin(&store, bench.tenant).await;
        let running = Running::start(&store, Jobs::new().saga(saga));
        eventually("it is stuck", async || { bench.clock.advance_seconds(1); is(&store, SagaState::Stuck).await }).await;
        let board = SagaBoard::of_all(&store);
        let id = only(&store).await.id;
        assert!(matches!(board.compensate(id).await, Err(BoardError::NoReturn)));
        mended.store(true, Ordering::SeqCst);
        board.resume(id).await.unwrap();
        eventually("it is done", async || is(&store, SagaState::Done).await).await;
        assert_eq!(labels(&store, bench.tenant).await, ["train", "hotel", "dinner"], "{:?}", story(&only(&store).await));
        running.stop().await;
    }

    async fn a_person_may_have_a_running_one_undone(bench: Bench) {
        let store = bench.store(schema()).await;
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, wait) = (begun.clone(), go.clone());
        let saga = Saga::new::<Trip>("trip")
            .step("train", move |context: StepContext<Trip>| {
                let (told, wait) = (told.clone(), wait.clone());
                async move { told.notify_one(); wait.notified().await; book(context, "train").await }
            }, |context| cancel(context, "train"))
            .step("hotel", |context| book(context, "hotel"), |context| cancel(context, "hotel"))
            .build();
        begin(&store, bench.tenant).await;
        let running = Running::start(&store, Jobs::new().saga(saga));
        begun.notified().await;
        let id = only(&store).await.id;
        let job = Board::of_all(&store).list(&Filter::default()).await.unwrap().items.remove(0);
        assert!(matches!(Board::of_all(&store).cancel(job.id).await, Err(BoardError::DrivesSaga)));
        assert!(SagaBoard::of_all(&store).compensate(id).await.unwrap().compensate_asked);
        go.notify_one();
        eventually("it is undone", async || is(&store, SagaState::Compensated).await).await;
        assert_eq!(labels(&store, bench.tenant).await, Vec::<String>::new(), "{:?}", story(&only(&store).await));
        assert!(!story(&only(&store).await).contains(&"hotel done".to_owned()));
        running.stop().await;
    }
}

/// Tells when so many statements have run.
struct Countdown {
    left: AtomicUsize,
    over: Arc<Notify>,
}

impl Observer for Countdown {
    fn statement(&self, _: &str, _: u64, _: Option<&StoreError>) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.over.notify_one();
        }
    }
}

/// Runs until so many statements were sent, then is gone in the middle of whatever it did. False where it ended before.
fn run_and_lose(store: &Store, jobs: Jobs, over: &Arc<Notify>) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (store, over) = (store.clone(), over.clone());
    let lost = runtime.block_on(async move {
        let runner = Runner::new(store.clone(), jobs, Arc::new(OsRandom)).unwrap().timing(timing());
        let (_stop, heard) = watch::channel(false);
        tokio::spawn(runner.run(heard));
        let ended = async || matches!(only(&store).await.state, SagaState::Done | SagaState::Compensated);
        tokio::select! {
            biased;
            () = over.notified() => true,
            () = eventually("it has ended", ended) => false,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    lost
}

/// Loses the process after each number of statements in turn, and lets another one go on.
async fn lose_everywhere(bench: &Bench, jobs: fn() -> Jobs, ending: SagaState, wanted: &[&str]) {
    let tenant = bench.tenant;
    // A runner's looks and reports count as well, so the places vary: there are enough of them to meet all.
    for place in (1..120).step_by(3) {
        let over = Arc::new(Notify::new());
        let countdown = Countdown { left: AtomicUsize::new(place), over: over.clone() };
        let environment = bench.environment.clone().with_observer(Arc::new(countdown));
        let store = bench.store(schema()).await;
        let watched = Store::open(&bench.database.engine, schema(), environment).await.unwrap();
        begin(&store, tenant).await;
        let lost = tokio::task::spawn_blocking(move || run_and_lose(&watched, jobs(), &over)).await.unwrap();
        bench.clock.advance_seconds(6);
        let running = Running::start(&store, jobs());
        eventually("it has ended", async || is(&store, ending).await).await;
        running.stop().await;
        assert_eq!(labels(&store, tenant).await, wanted, "lost at {place}: {lost}; {:?}", only(&store).await);
        let wipe = |tx: Tx| async move {
            for table in ["effects", "sagas", "jobs"] {
                tx.execute_raw(Statement::from_string(tx.get_database_backend(), format!("DELETE FROM {table}"))).await?;
            }
            Ok::<_, StoreError>(())
        };
        store.system(tenant).write(wipe).await.unwrap();
    }
}

on_both_engines! {
    async fn lost_at_any_point_it_is_done_by_another_process(bench: Bench) {
        lose_everywhere(&bench, good, SagaState::Done, &["train", "hotel", "dinner"]).await;
    }

    async fn lost_at_any_point_it_is_undone_by_another_process(bench: Bench) {
        lose_everywhere(&bench, bad, SagaState::Compensated, &[]).await;
    }
}
