//! Driving a saga: one step after the other, each written down before the next, until it has ended or cannot go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{OsRandom, Uuid};
use banyan_store::Tx;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::build::{Saga, Step};
use super::context::{Core, Way};
use super::row::Row;
use super::start::{KIND, QUEUE};
use crate::jobs::execute::{Task, panic_text};
use crate::jobs::{Job, JobContext, JobError, JobHandler, Queue, Retries};

/// Another version of the program may know the saga.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct Drive {
    saga: Uuid,
}

impl Job for Drive {
    const KIND: &'static str = KIND;
    const QUEUE: &'static str = QUEUE;
    /// A saga is never given up by its driver: it ends, or is stuck.
    const RETRIES: Retries = Retries { attempts: u32::MAX, ..Retries::DEFAULT };
}

/// The handler that drives these sagas, and its queue.
pub(crate) fn driver(sagas: BTreeMap<&'static str, Arc<Saga>>) -> (JobHandler, Queue) {
    // Each step has its own bound; this one only has to be above all of them together.
    let both_ways = sagas.values().map(|saga| saga.steps.iter().map(|step| step.timeout).sum::<Duration>() * 2).max();
    let timeout = both_ways.unwrap_or_default() + Duration::from_secs(60);
    let sagas = Arc::new(sagas);
    let handler = JobHandler::new(move |job: Drive, context: JobContext| drive(sagas.clone(), job.saga, context));
    (handler.with_timeout(timeout), Queue::new(QUEUE))
}

async fn drive(sagas: Arc<BTreeMap<&'static str, Arc<Saga>>>, id: Uuid, context: JobContext) -> Result<(), JobError> {
    loop {
        let row = context.rows().read(move |tx| async move { Row::find(&tx, id).await }).await?;
        let row = row.ok_or_else(|| JobError::Fatal(format!("there is no saga {id}")))?;
        let Some(saga) = sagas.get(row.name.as_str()) else {
            return Err(JobError::RetryAfter { text: format!("this program has no saga `{}`", row.name), pause: UNKNOWN_PAUSE });
        };
        let way = match row.state.as_str() {
            "running" => Way::Forward,
            "compensating" => Way::Back,
            _ => return context.finish(move |tx| async move { rests(&tx, id).await }).await,
        };
        let Some(row) = begin(&context, saga, id, way).await? else { continue };
        let Some((step, act)) = next(saga, &row, way) else {
            step_over(&context, saga, id, way).await?;
            continue;
        };
        let kept = Arc::new(Mutex::new(row.kept.clone()));
        let core = Core {
            job: context.clone(),
            saga: id,
            step: step.name,
            way,
            attempt: row.attempts,
            input: Arc::new(row.input.clone()),
            kept: kept.clone(),
        };
        let outcome = if row.attempts > step.retries.attempts.max(1) {
            Err(JobError::Fatal("the process ended in the middle of each attempt".to_owned()))
        } else {
            run(step, act(core)).await
        };
        match outcome {
            Ok(()) => {
                let kept = kept.lock().clone();
                went_well(&context, saga, id, way, &kept).await?;
            }
            Err(error @ (JobError::LeaseLost | JobError::Cancelled)) => return Err(error),
            Err(error) => went_wrong(&context, saga, id, way, &error).await?,
        }
    }
}

/// In the transaction that ends the job: somebody may have had the saga go on since it was read, and counts on this job.
async fn rests(tx: &Tx, id: Uuid) -> Result<(), JobError> {
    let row = Row::load(tx, id).await?;
    match row.state.as_str() {
        "running" | "compensating" => Err(JobError::RetryAfter { text: "it was resumed".to_owned(), pause: Duration::ZERO }),
        _ => Ok(()),
    }
}

/// The step that is next on this way, and what is to be run; none where there is nothing to undo, or nothing left.
fn next<'s>(saga: &'s Saga, row: &Row, way: Way) -> Option<(&'s Step, &'s Arc<super::build::Act>)> {
    let step = saga.steps.get(usize::try_from(row.step).ok()?)?;
    match way {
        Way::Forward => Some((step, &step.act)),
        Way::Back => step.undo.as_ref().map(|undo| (step, undo)),
    }
}

/// Counts the attempt before it is made, so that one that takes the process with it counts. None where the way is another one now.
async fn begin(context: &JobContext, saga: &Saga, id: Uuid, way: Way) -> Result<Option<Row>, JobError> {
    let no_return = i64::try_from(saga.no_return).unwrap_or(i64::MAX);
    context
        .write(move |tx| async move {
            let mut row = Row::load(&tx, id).await?;
            row.no_return = Some(no_return);
            if std::mem::take(&mut row.compensate_asked) && way == Way::Forward && row.step <= no_return {
                row.note(tx.now(), "compensating", step_name(saga, row.step), None);
                (row.state, row.attempts) = ("compensating".to_owned(), 0);
                row.save(&tx).await?;
                return Ok(None);
            }
            row.attempts += 1;
            row.save(&tx).await?;
            Ok(Some(row))
        })
        .await
}

async fn run(step: &Step, work: super::build::StepWork) -> Result<(), JobError> {
    let mut task = Task(tokio::spawn(work));
    match tokio::time::timeout(step.timeout, &mut task.0).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(JobError::Retry(panic_text(error))),
        Err(_) => {
            task.0.abort();
            // It ends at its next `await`; what it then has not committed is undone before the next attempt begins.
            let _ended = tokio::time::timeout(Duration::from_secs(5), &mut task.0).await;
            Err(JobError::Retry(format!("it took longer than {} s", step.timeout.as_secs_f64())))
        }
    }
}

/// Goes over a place where there is nothing to do.
async fn step_over(context: &JobContext, saga: &Saga, id: Uuid, way: Way) -> Result<(), JobError> {
    context
        .write(move |tx| async move {
            let mut row = Row::load(&tx, id).await?;
            advance(&mut row, saga, way);
            Ok(row.save(&tx).await?)
        })
        .await
}

fn advance(row: &mut Row, saga: &Saga, way: Way) {
    row.attempts = 0;
    match way {
        Way::Forward => row.step += 1,
        Way::Back => row.step -= 1,
    }
    if way == Way::Forward && usize::try_from(row.step).is_ok_and(|step| step >= saga.steps.len()) {
        row.state = "done".to_owned();
    } else if way == Way::Back && row.step < 0 {
        row.state = "compensated".to_owned();
    }
}

async fn went_well(
    context: &JobContext,
    saga: &Saga,
    id: Uuid,
    way: Way,
    kept: &serde_json::Map<String, serde_json::Value>,
) -> Result<(), JobError> {
    context
        .write(move |tx| async move {
            let mut row = Row::load(&tx, id).await?;
            row.kept = kept.clone();
            let what = if way == Way::Forward { "done" } else { "undone" };
            row.note(tx.now(), what, step_name(saga, row.step), None);
            advance(&mut row, saga, way);
            Ok(row.save(&tx).await?)
        })
        .await
}

/// Writes the failure down, and which way it goes from here: again, back, or nowhere.
async fn went_wrong(context: &JobContext, saga: &Saga, id: Uuid, way: Way, error: &JobError) -> Result<(), JobError> {
    let pause = context
        .write(move |tx| async move {
            let mut row = Row::load(&tx, id).await?;
            let name = step_name(saga, row.step);
            let text = error.to_string();
            row.note(tx.now(), if way == Way::Forward { "failed" } else { "undo failed" }, name, Some(&text));
            let retries = usize::try_from(row.step).ok().and_then(|step| saga.steps.get(step)).map(|step| step.retries);
            let retries = retries.unwrap_or(Retries::DEFAULT);
            let over = matches!(error, JobError::Fatal(_)) || retries.are_over(row.attempts);
            let pause = match error {
                _ if over => None,
                JobError::RetryAfter { pause, .. } => Some(*pause),
                _ => Some(retries.pause(row.attempts, &OsRandom)),
            };
            let may_go_back = usize::try_from(row.step).is_ok_and(|step| step < saga.no_return);
            if over && way == Way::Forward && may_go_back {
                row.note(tx.now(), "compensating", name, None);
                (row.state, row.attempts) = ("compensating".to_owned(), 0);
            } else if over {
                row.note(tx.now(), "stuck", name, None);
                tracing::error!(saga = %row.id, name = row.name, step = name, error = text, "a saga is stuck: `banyan saga list` shows it");
                row.state = "stuck".to_owned();
                row.backwards = way == Way::Back;
            }
            row.save(&tx).await?;
            Ok(pause)
        })
        .await?;
    match pause {
        Some(pause) => Err(JobError::RetryAfter { text: error.to_string(), pause }),
        None => Ok(()),
    }
}

fn step_name(saga: &Saga, step: i64) -> &'static str {
    usize::try_from(step).ok().and_then(|step| saga.steps.get(step)).map_or("-", |step| step.name)
}
