//! Jobs at set times.

use std::sync::Arc;

use banyan_events::jobs::{Board, Cron, JobHandler, Jobs, JobsError, Missed, Runner, Schedule};
use banyan_kernel::{OsRandom, Uuid};
use banyan_testkit::{Bench, on_both_engines};

use crate::effects::{Leave, Running, eventually, insert, labels, leave, schema, stores};

fn hourly(missed: Missed) -> Jobs {
    let cron = Cron::new("0 * * * *", "Asia/Jakarta").unwrap();
    let handler = JobHandler::in_transaction(|job: Arc<Leave>, tx| async move { Ok(insert(&tx, &job.label).await?) });
    Jobs::new().handle(handler).schedule(Schedule::new("hourly", cron, |at| leave(at.to_string())).missed(missed))
}

on_both_engines! {
    async fn each_moment_has_one_job_however_many_processes_there_are(bench: Bench) {
        let stores = stores(&bench, 3).await;
        let running: Vec<Running> = stores.iter().map(|store| Running::start(store, hourly(Missed::RunOnce))).collect();
        let board = Board::of_all(&stores[0]);
        eventually("it is known", async || !board.schedules().await.unwrap().is_empty()).await;
        for hour in 1..4 {
            bench.clock.advance_seconds(3_600);
            eventually("one more", async || labels(&stores[0], Uuid::nil()).await.len() == hour).await;
        }
        assert_eq!(labels(&stores[0], Uuid::nil()).await, ["2024-01-15T11:00:00Z", "2024-01-15T12:00:00Z", "2024-01-15T13:00:00Z"]);
        let line = board.schedules().await.unwrap().remove(0);
        assert_eq!((line.name.as_str(), line.cron.as_str(), line.zone.as_str()), ("hourly", "0 * * * *", "Asia/Jakarta"));
        assert_eq!(line.next_at.to_string(), "2024-01-15T14:00:00Z");
        assert_eq!(line.last_at.unwrap().to_string(), "2024-01-15T13:00:00Z");
        for running in running {
            running.stop().await;
        }
    }

    async fn what_was_missed_while_nobody_ran_is_made_up_for_as_it_says(bench: Bench) {
        let store = bench.store(schema()).await;
        let board = Board::of_all(&store);
        let first = Running::start(&store, hourly(Missed::RunAll { at_most: 2 }));
        eventually("it is known", async || !board.schedules().await.unwrap().is_empty()).await;
        first.stop().await;
        bench.clock.advance_seconds(5 * 3_600 + 1_800);
        let second = Running::start(&store, hourly(Missed::RunAll { at_most: 2 }));
        eventually("two of five", async || labels(&store, Uuid::nil()).await.len() == 2).await;
        let mut made_up = labels(&store, Uuid::nil()).await;
        made_up.sort();
        assert_eq!(made_up, ["2024-01-15T14:00:00Z", "2024-01-15T15:00:00Z"]);
        second.stop().await;
        bench.clock.advance_seconds(3 * 3_600);
        let third = Running::start(&store, hourly(Missed::Skip));
        eventually("it has moved on", async || board.schedules().await.unwrap()[0].next_at.to_string() == "2024-01-15T19:00:00Z").await;
        assert_eq!(labels(&store, Uuid::nil()).await.len(), 2);
        third.stop().await;
    }
}

#[tokio::test]
async fn a_schedule_needs_a_handler() {
    let bench = Bench::on(banyan_store::EngineKind::Sqlite).await;
    let store = bench.store(schema()).await;
    let schedule = Schedule::new("nightly", Cron::new("@daily", "UTC").unwrap(), |_| leave("x"));
    let refused = Runner::new(store, Jobs::new().schedule(schedule), Arc::new(OsRandom)).err();
    assert_eq!(refused, Some(JobsError::NoHandler { schedule: "nightly", kind: "effects.leave" }));
}
