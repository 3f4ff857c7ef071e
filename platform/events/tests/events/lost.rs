//! Processes that are lost, or only thought to be.

use std::sync::Arc;
use std::time::Duration;

use banyan_events::jobs::{Board, Filter, Job, JobContext, JobError, JobHandler, JobState, Jobs, Queue, Retries, Timing};
use banyan_testkit::on_both_engines;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::effects::{Leave, Running, ask, eventually, insert, labels, leave, schema, stores, timing};

/// Runs as long as the test wants it to.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held;

impl Job for Held {
    const KIND: &'static str = "effects.held";
    const RETRIES: Retries = Retries { attempts: 3, ..Retries::DEFAULT };
}

#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    open: Arc<Notify>,
}

fn held(gate: &Gate, result: Arc<handed::Slot>) -> JobHandler {
    let gate = gate.clone();
    JobHandler::new(move |_: Held, context: JobContext| {
        let (gate, result) = (gate.clone(), result.clone());
        async move {
            gate.begun.notify_one();
            gate.open.notified().await;
            let ended = context.finish(|tx| async move { Ok(insert(&tx, "slow").await?) }).await;
            result.set(ended.as_ref().err().map(JobError::to_string));
            ended
        }
    })
}

/// One value, handed out of a handler.
mod handed {
    use std::sync::Mutex;

    #[derive(Default)]
    pub(super) struct Slot(Mutex<Option<Option<String>>>);

    impl Slot {
        pub(super) fn set(&self, value: Option<String>) {
            *self.0.lock().unwrap() = Some(value);
        }

        pub(super) fn get(&self) -> Option<Option<String>> {
            self.0.lock().unwrap().clone()
        }
    }
}

/// Gives no sign of life.
fn silent() -> Timing {
    Timing { beat: Duration::from_secs(3_600), ..timing() }
}

/// Its one worker is busy with the first job, so it does not take another.
fn alone(handler: JobHandler) -> Jobs {
    Jobs::new().handle(handler).queue(Queue::new("default").workers(1))
}

on_both_engines! {
    async fn who_lost_the_lease_cannot_commit_its_effect(bench: Bench) {
        let stores = stores(&bench, 2).await;
        let (gate, slot) = (Gate::default(), Arc::new(handed::Slot::default()));
        ask(&stores[0], bench.tenant, &Held).await;
        let slow = Running::with(&stores[0], alone(held(&gate, slot.clone())), silent());
        gate.begun.notified().await;
        bench.clock.advance_seconds(6);
        let quick = JobHandler::in_transaction(|_: Arc<Held>, tx| async move { Ok(insert(&tx, "quick").await?) });
        let other = Running::start(&stores[1], Jobs::new().handle(quick));
        eventually("the other process has done it", async || labels(&stores[1], bench.tenant).await == ["quick"]).await;
        gate.open.notify_one();
        eventually("the first one has tried", async || slot.get().is_some()).await;
        assert_eq!(slot.get(), Some(Some(JobError::LeaseLost.to_string())));
        assert_eq!(labels(&stores[0], bench.tenant).await, ["quick"], "one effect");
        let sheet = Board::of_all(&stores[0]).list(&Filter::default()).await.unwrap().items.remove(0);
        assert_eq!((sheet.state, sheet.attempts), (JobState::Done, 2));
        assert_eq!(sheet.errors[0].error, "the process that ran it was lost");
        slow.stop().await;
        other.stop().await;
    }

    async fn who_lives_keeps_its_jobs_however_long_they_take(bench: Bench) {
        let stores = stores(&bench, 2).await;
        let (gate, slot) = (Gate::default(), Arc::new(handed::Slot::default()));
        ask(&stores[0], bench.tenant, &Held).await;
        let slow = Running::start(&stores[0], Jobs::new().handle(held(&gate, slot.clone())));
        gate.begun.notified().await;
        let other = Running::start(&stores[1], Jobs::new().handle(leaving()));
        let leased = async || Board::of_all(&stores[0]).list(&Filter::default()).await.unwrap().items[0].clone();
        for second in 0..12 {
            bench.clock.advance_seconds(1);
            // Another process's job shows that time has passed for all of them.
            ask(&stores[1], bench.tenant, &leave("beat")).await;
            eventually("a beat", async || labels(&stores[1], bench.tenant).await.len() == second + 1).await;
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        assert_eq!(leased().await.errors.len(), 0);
        gate.open.notify_one();
        eventually("it has ended", async || slot.get().is_some()).await;
        assert_eq!(slot.get(), Some(None), "with its effect");
        slow.stop().await;
        other.stop().await;
    }

    async fn a_run_that_is_dropped_keeps_nothing(bench: Bench) {
        let store = bench.store(schema()).await;
        let gate = Gate::default();
        ask(&store, bench.tenant, &Held).await;
        let running = Running::start(&store, Jobs::new().handle(held(&gate, Arc::default())));
        gate.begun.notified().await;
        running.task.abort();
        let _dropped = running.task.await;
        bench.clock.advance_seconds(6);
        // Long enough for a sign of life that must not come.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let quick = JobHandler::in_transaction(|_: Arc<Held>, tx| async move { Ok(insert(&tx, "quick").await?) });
        let other = Running::start(&store, Jobs::new().handle(quick));
        eventually("another has done it", async || labels(&store, bench.tenant).await == ["quick"]).await;
        other.stop().await;
    }

    async fn a_job_that_takes_its_process_with_it_is_given_up_at_last(bench: Bench) {
        let store = bench.store(schema()).await;
        ask(&store, bench.tenant, &Held).await;
        let board = Board::of_all(&store);
        let state = async || board.list(&Filter::default()).await.unwrap().items[0].clone();
        for _ in 0..3 {
            let gate = Gate::default();
            let running = Running::with(&store, Jobs::new().handle(held(&gate, Arc::default())), silent());
            gate.begun.notified().await;
            // As if it were killed: nothing is written any more.
            running.task.abort();
            let _killed = running.task.await;
            bench.clock.advance_seconds(6);
        }
        let other = Running::start(&store, Jobs::new().handle(held(&Gate::default(), Arc::default())));
        eventually("it is given up", async || state().await.state == JobState::Failed).await;
        assert_eq!((state().await.attempts, state().await.errors.len()), (3, 3));
        other.stop().await;
    }
}

fn leaving() -> JobHandler {
    JobHandler::in_transaction(|job: Arc<Leave>, tx| async move { Ok(insert(&tx, &job.label).await?) })
}
