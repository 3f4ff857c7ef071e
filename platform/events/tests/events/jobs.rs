//! One effect a job, in the right order, within bounds, whatever handlers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use banyan_events::jobs::{
    Board, BoardError, Enqueued, Filter, Job, JobContext, JobError, JobHandler, JobState, Jobs, JobsError, Priority, Queue, Rate,
    Retries, Runner, enqueue,
};
use banyan_kernel::{OsRandom, Uuid};
use banyan_store::{Store, StoreError};
use banyan_testkit::{Bench, on_both_engines};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::effects::{Leave, Running, ask, eventually, failed, insert, labels, leave, schema, stores};

fn leaving() -> JobHandler {
    JobHandler::in_transaction(|job: Arc<Leave>, tx| async move { Ok(insert(&tx, &job.label).await?) })
}

/// With a worker for one job at a time, so that their order shows.
fn one_by_one() -> Jobs {
    Jobs::new().handle(leaving()).queue(Queue::new("default").workers(1))
}

/// A kind whose handler a test gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Odd {
    what: String,
}

impl Job for Odd {
    const KIND: &'static str = "effects.odd";
    const TIMEOUT: Duration = Duration::from_millis(300);
    const RETRIES: Retries = Retries { attempts: 3, first: Duration::from_secs(1), longest: Duration::from_secs(60) };
}

fn odd(what: &str) -> Odd {
    Odd { what: what.to_owned() }
}

/// A job that waits where it is told to, with room for the test to look.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Long;

impl Job for Long {
    const KIND: &'static str = "effects.long";
    const QUEUE: &'static str = "long";
}

async fn states(store: &Store, state: JobState) -> usize {
    Board::of_all(store).list(&Filter { state: Some(state), limit: Some(200), ..Filter::default() }).await.unwrap().items.len()
}

async fn only(store: &Store) -> banyan_events::jobs::JobSheet {
    let board = Board::of_all(store);
    let id = board.list(&Filter::default()).await.unwrap().items[0].id;
    board.show(id).await.unwrap()
}

on_both_engines! {
    async fn a_job_is_there_with_the_change_that_asked_for_it_or_not_at_all(bench: Bench) {
        let store = bench.store(schema()).await;
        let user = bench.user();
        let rows = store.bind(&user);
        let asked = rows.write(|tx| async move { enqueue(&tx, &leave("kept")).await }).await.unwrap();
        assert!(matches!(asked, Enqueued::New(_)));
        let undone = rows.write(|tx| async move {
            enqueue(&tx, &leave("undone")).await?;
            Err::<(), _>(StoreError::Constraint("no".to_owned()))
        });
        undone.await.unwrap_err();
        let running = Running::start(&store, one_by_one());
        eventually("it is done", async || states(&store, JobState::Done).await == 1).await;
        assert_eq!(labels(&store, bench.tenant).await, ["kept"]);
        running.stop().await;
    }

    async fn three_processes_share_the_work_and_do_each_job_once(bench: Bench) {
        let stores = stores(&bench, 3).await;
        let mut wanted: Vec<String> = (0..60).map(|number| format!("{number:02}")).collect();
        stores[0].system(bench.tenant).write(|tx| async move {
            for number in 0..60 {
                enqueue(&tx, &leave(format!("{number:02}"))).await?;
            }
            Ok::<_, StoreError>(())
        }).await.unwrap();
        let running: Vec<Running> = stores.iter().map(|store| Running::start(store, Jobs::new().handle(leaving()))).collect();
        eventually("all are done", async || states(&stores[0], JobState::Done).await == 60).await;
        let mut found = labels(&stores[0], bench.tenant).await;
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        for running in running {
            running.stop().await;
        }
    }

    async fn the_more_urgent_come_first_then_the_older(bench: Bench) {
        let store = bench.store(schema()).await;
        for (label, priority) in
            [("1 low", Priority::Low), ("2", Priority::Normal), ("3", Priority::Normal), ("4 urgent", Priority::Urgent), ("5 low", Priority::Low)]
        {
            store.system(bench.tenant).write(move |tx| async move { enqueue(&tx, &leave(label)).priority(priority).await }).await.unwrap();
            bench.clock.advance_seconds(1);
        }
        let running = Running::start(&store, one_by_one());
        eventually("all are done", async || states(&store, JobState::Done).await == 5).await;
        running.stop().await;
        assert_eq!(labels(&store, bench.tenant).await, ["4 urgent", "2", "3", "1 low", "5 low"]);
    }

    async fn ten_thousand_jobs_of_one_tenant_do_not_hold_up_one_of_another(bench: Bench) {
        let store = bench.store(schema()).await;
        store.system(bench.tenant).write(|tx| async move {
            for _ in 0..2_000 {
                enqueue(&tx, &leave("many")).await?;
            }
            Ok::<_, StoreError>(())
        }).await.unwrap();
        let others: Vec<Uuid> = (0..3).map(|_| bench.new_id()).collect();
        let running = Running::start(&store, one_by_one());
        eventually("it has begun", async || !labels(&store, bench.tenant).await.is_empty()).await;
        for other in &others {
            ask(&store, *other, &leave("one")).await;
        }
        for other in &others {
            eventually("the one is done", async || labels(&store, *other).await == ["one"]).await;
        }
        let done = labels(&store, bench.tenant).await.len();
        assert!(done < 1_900, "{done} of the other tenant's were done before");
        running.stop().await;
    }

    async fn a_unique_job_is_there_once_until_it_has_ended(bench: Bench) {
        let store = bench.store(schema()).await;
        let rows = store.bind(&bench.user());
        let ask = async |key: &'static str| {
            rows.write(move |tx| async move { enqueue(&tx, &leave(key)).unique(key).await }).await.unwrap()
        };
        assert!(matches!(ask("a").await, Enqueued::New(_)));
        assert_eq!(ask("a").await, Enqueued::AlreadyThere);
        assert!(matches!(ask("b").await, Enqueued::New(_)));
        let other = store.system(bench.new_id());
        let elsewhere = other.write(|tx| async move { enqueue(&tx, &leave("a")).unique("a").await }).await.unwrap();
        assert!(matches!(elsewhere, Enqueued::New(_)), "another tenant's key is another one");
        let running = Running::start(&store, one_by_one());
        eventually("all are done", async || states(&store, JobState::Done).await == 3).await;
        assert!(matches!(ask("a").await, Enqueued::New(_)), "it has ended");
        running.stop().await;
        for key in ["", &"x".repeat(201), "a\0b"] {
            let refused = rows.write(move |tx| async move { enqueue(&tx, &leave("x")).unique(key).await }).await;
            assert!(matches!(refused, Err(StoreError::Constraint(_))), "{key:?}");
        }
        let large = &leave("x".repeat(70_000));
        let refused = rows.write(move |tx| async move { enqueue(&tx, large).await }).await.unwrap_err();
        assert!(refused.to_string().contains("too large"), "{refused}");
    }

    async fn a_delayed_job_waits_for_its_time(bench: Bench) {
        let store = bench.store(schema()).await;
        let running = Running::start(&store, one_by_one());
        let late = Duration::from_secs(3_600);
        store.system(bench.tenant).write(move |tx| async move { enqueue(&tx, &leave("late")).delay(late).await }).await.unwrap();
        ask(&store, bench.tenant, &leave("now")).await;
        eventually("the other is done", async || states(&store, JobState::Done).await == 1).await;
        assert_eq!(states(&store, JobState::Waiting).await, 1);
        bench.clock.advance_seconds(3_601);
        eventually("both are done", async || states(&store, JobState::Done).await == 2).await;
        assert_eq!(labels(&store, bench.tenant).await, ["now", "late"]);
        running.stop().await;
    }

    async fn what_fails_panics_or_takes_too_long_is_tried_again_and_then_left_for_a_person(bench: Bench) {
        let store = bench.store(schema()).await;
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = mended.clone();
        let handler = JobHandler::new(move |job: Odd, context: JobContext| {
            let mended = is_mended.load(Ordering::SeqCst);
            async move {
                if mended {
                    return context.finish(|tx| async move { Ok(insert(&tx, "mended").await?) }).await;
                }
                context.write(|tx| async move { Ok(insert(&tx, "half").await?) }).await?;
                match job.what.as_str() {
                    "fails" => failed("the other side is away"),
                    "panics" => panic!("poisoned {}", "apple"),
                    "hangs" => std::future::pending().await,
                    "undoes" => context.finish(|tx| async move { insert(&tx, "undone").await?; failed("after all") }).await,
                    _ => Err(JobError::Fatal("no use".to_owned())),
                }
            }
        });
        let running = Running::start(&store, Jobs::new().handle(handler).handle(leaving()));
        for (what, attempts, error) in
            [("fails", 3, "the other side is away"), ("panics", 3, "it panicked: poisoned apple"), ("hangs", 3, "it took longer than 0.3 s"),
             ("undoes", 3, "after all"), ("never", 1, "no use")]
        {
            let before = states(&store, JobState::Failed).await;
            ask(&store, bench.tenant, &odd(what)).await;
            eventually("it has failed for good", async || {
                bench.clock.advance_seconds(1);
                states(&store, JobState::Failed).await == before + 1
            }).await;
            let sheet = only(&store).await;
            assert_eq!((sheet.attempts, sheet.errors.len()), (attempts, attempts as usize), "{what}: {sheet:?}");
            assert_eq!(sheet.errors.last().unwrap().error, error);
            assert_eq!(sheet.payload.unwrap()["what"], what);
        }
        assert!(!labels(&store, bench.tenant).await.contains(&"undone".to_owned()), "what did not end left nothing");
        ask(&store, bench.tenant, &leave("others go on")).await;
        eventually("another is done", async || labels(&store, bench.tenant).await.contains(&"others go on".to_owned())).await;
        mended.store(true, Ordering::SeqCst);
        let board = Board::of_all(&store);
        let failed = board.list(&Filter { state: Some(JobState::Failed), ..Filter::default() }).await.unwrap().items;
        board.retry(failed[0].id).await.unwrap();
        eventually("it is done at last", async || states(&store, JobState::Failed).await == 4).await;
        eventually("with its effect", async || labels(&store, bench.tenant).await.contains(&"mended".to_owned())).await;
        assert!(matches!(board.retry(failed[0].id).await, Err(BoardError::WrongState(state)) if state == "done"));
        running.stop().await;
    }

    async fn what_is_stored_and_cannot_be_read_fails_at_once(bench: Bench) {
        #[derive(Serialize, Deserialize)]
        struct Older { name: String }
        impl Job for Older { const KIND: &'static str = "effects.leave"; }
        let store = bench.store(schema()).await;
        ask(&store, bench.tenant, &Older { name: "x".to_owned() }).await;
        let running = Running::start(&store, one_by_one());
        eventually("it has failed", async || states(&store, JobState::Failed).await == 1).await;
        assert!(only(&store).await.errors[0].error.contains("missing field `label`"));
        running.stop().await;
    }

    async fn a_cancelled_job_is_not_done_and_one_that_runs_hears_of_it(bench: Bench) {
        let store = bench.store(schema()).await;
        let board = Board::of_tenant(&store, bench.tenant, Some(bench.new_id()));
        ask(&store, bench.tenant, &leave("never")).await;
        let waiting = board.list(&Filter::default()).await.unwrap().items[0].id;
        assert_eq!(board.cancel(waiting).await.unwrap().state, JobState::Cancelled);
        let elsewhere = Board::of_tenant(&store, bench.new_id(), None);
        assert!(matches!(elsewhere.cancel(waiting).await, Err(BoardError::NotFound)), "another tenant's is not there");
        assert!(matches!(elsewhere.show(waiting).await, Err(BoardError::NotFound)));
        assert!(elsewhere.list(&Filter::default()).await.unwrap().items.is_empty());
        let begun = Arc::new(Notify::new());
        let told = begun.clone();
        let handler = JobHandler::new(move |_: Long, context: JobContext| {
            let told = told.clone();
            async move {
                context.progress(40, "counting").await?;
                told.notify_one();
                context.cancelled().await;
                assert!(context.is_cancelled());
                Err(JobError::Cancelled)
            }
        });
        let jobs = Jobs::new().handle(handler).handle(leaving()).queue(Queue::new("long"));
        let running = Running::start(&store, jobs);
        ask(&store, bench.tenant, &Long).await;
        begun.notified().await;
        let long = board.list(&Filter { state: Some(JobState::Running), ..Filter::default() }).await.unwrap().items.remove(0);
        assert_eq!((long.percent, long.message.as_deref()), (Some(40), Some("counting")));
        assert!(matches!(board.retry(long.id).await, Err(BoardError::WrongState(_))));
        assert!(board.cancel(long.id).await.unwrap().cancel_asked);
        eventually("it is cancelled", async || states(&store, JobState::Cancelled).await == 2).await;
        assert!(matches!(board.cancel(long.id).await, Err(BoardError::WrongState(_))));
        assert!(labels(&store, bench.tenant).await.is_empty());
        assert_eq!(store.verify_audit().await.unwrap().records, 2, "both cancellations stand in the audit log");
        running.stop().await;
    }

    async fn bounds_hold_over_all_processes(bench: Bench) {
        let stores = stores(&bench, 3).await;
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let jobs = |now: Arc<AtomicU32>, most: Arc<AtomicU32>| {
            let handler = JobHandler::new(move |_: Long, _: JobContext| {
                let (now, most) = (now.clone(), most.clone());
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(15)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                }
            });
            Jobs::new().handle(handler).queue(Queue::new("long").running_per_tenant(2))
        };
        stores[0].system(bench.tenant).write(|tx| async move {
            for _ in 0..20 {
                enqueue(&tx, &Long).await?;
            }
            Ok::<_, StoreError>(())
        }).await.unwrap();
        let running: Vec<Running> = stores.iter().map(|store| Running::start(store, jobs(now.clone(), most.clone()))).collect();
        eventually("all are done", async || states(&stores[0], JobState::Done).await == 20).await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
        for running in running {
            running.stop().await;
        }
    }

    async fn a_rate_lets_so_many_start_and_then_makes_them_wait(bench: Bench) {
        let store = bench.store(schema()).await;
        let rate = Rate { starts: 3, per: Duration::from_secs(60) };
        let jobs = Jobs::new().handle(leaving()).queue(Queue::new("default").rate_per_tenant(rate));
        let other = bench.new_id();
        for tenant in [bench.tenant, other] {
            for number in 0..5 {
                ask(&store, tenant, &leave(number.to_string())).await;
            }
        }
        let running = Running::start(&store, jobs);
        eventually("three of each", async || states(&store, JobState::Done).await == 6).await;
        bench.clock.advance_seconds(20);
        eventually("one more of each", async || states(&store, JobState::Done).await == 8).await;
        bench.clock.advance_seconds(20);
        eventually("the rest", async || states(&store, JobState::Done).await == 10).await;
        assert_eq!(labels(&store, other).await.len(), 5);
        running.stop().await;
    }

    async fn pages_go_through_all_of_them(bench: Bench) {
        let store = bench.store(schema()).await;
        for number in 0..7 {
            ask(&store, bench.tenant, &leave(number.to_string())).await;
            bench.clock.advance_seconds(1);
        }
        let board = Board::of_tenant(&store, bench.tenant, None);
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = board.list(&Filter { after, limit: Some(3), ..Filter::default() }).await.unwrap();
            seen.extend(page.items.iter().map(|sheet| sheet.id));
            after = page.next;
            if after.is_none() { break; }
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted_by(|a, b| a > b));
        let none = board.list(&Filter { kind: Some("other".to_owned()), ..Filter::default() }).await.unwrap();
        assert!(none.items.is_empty());
    }

    async fn a_process_that_ends_gives_back_what_it_could_not_finish(bench: Bench) {
        let store = bench.store(schema()).await;
        let begun = Arc::new(Notify::new());
        let told = begun.clone();
        let hanging = JobHandler::new(move |_: Long, _: JobContext| {
            told.notify_one();
            std::future::pending()
        });
        let running = Running::start(&store, Jobs::new().handle(hanging).queue(Queue::new("long")));
        ask(&store, bench.tenant, &Long).await;
        begun.notified().await;
        running.stop().await;
        let sheet = only(&store).await;
        assert_eq!((sheet.state, sheet.attempts), (JobState::Ready, 0), "the attempt does not count");
    }
}

#[tokio::test]
async fn what_is_declared_wrongly_is_found_at_the_start() {
    let bench = Bench::on(banyan_store::EngineKind::Sqlite).await;
    let store = bench.store(schema()).await;
    let refused = |jobs: Jobs| Runner::new(store.clone(), jobs, Arc::new(OsRandom)).err();
    assert_eq!(refused(Jobs::new().handle(leaving()).handle(leaving())), Some(JobsError::Twice("effects.leave")));
    let long = JobHandler::new(|_: Long, _: JobContext| async { Ok(()) });
    assert_eq!(refused(Jobs::new().handle(long)), Some(JobsError::NoQueue { kind: "effects.long", queue: "long" }));
    assert_eq!(refused(Jobs::new().queue(Queue::new(""))), Some(JobsError::Name("")));
}
