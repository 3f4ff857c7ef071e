//! Sends a subscription what the logs still have.

use std::time::Duration;

use banyan_events::jobs::{Job, JobContext, JobError, Retries};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::log::{Entry, Log};
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

use super::rows::{self, Known};
use super::webhook::Model;
use crate::App;
use crate::follow::event;

/// Put what happened from one moment to another on its way, once more where it went before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(crate) webhook: Uuid,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Job for Replay {
    const KIND: &'static str = "events.replay-webhooks";
    const TIMEOUT: Duration = Duration::from_secs(600);
    const RETRIES: Retries = Retries { attempts: 3, first: Duration::from_secs(5), longest: Duration::from_secs(60) };
}

/// Events of a log at a time.
const CHUNK: u32 = 256;
/// Of one replay, in all logs.
pub(crate) const MOST_REPLAYED: usize = 100_000;
/// Events stand in their log in the order of their commits: so much later they may still be of an earlier moment.
const DISORDER_MICROS: i64 = 60_000_000;

pub(crate) async fn replay(app: App, job: Replay, context: JobContext) -> Result<(), JobError> {
    let id = job.webhook;
    let found = context.rows().read(move |tx| async move { rows::find(&tx, id).await });
    let Some(webhook) = found.await? else { return Ok(()) };
    let mut found = 0;
    for log in &app.logs {
        found += of_log(log, &webhook, &job, &context, MOST_REPLAYED - found).await?;
    }
    context.progress(100, &format!("{found} events")).await?;
    context.finish(move |tx| async move { Ok(rows::wake(&tx, id, Duration::ZERO).await?) }).await
}

async fn of_log(log: &Log, webhook: &Model, job: &Replay, context: &JobContext, most: usize) -> Result<usize, JobError> {
    let wanted = webhook.wanted();
    let (from, to) = (job.from.micros(), job.to.micros());
    let fits =
        |entry: &&Entry| entry.tenant == webhook.tenant && (from..=to).contains(&entry.occurred_at) && wanted.has(&entry.kind);
    let mut place = log.place_at(job.from).await?;
    let mut found = 0;
    while found < most && !context.is_cancelled() {
        let entries = log.read(place, CHUNK).await?;
        let Some(last) = entries.last() else { break };
        place = last.place();
        let events: Vec<_> = entries.iter().filter(fits).take(most - found).map(|entry| event(log.service(), entry)).collect();
        found += events.len();
        if !events.is_empty() {
            let events = &events;
            let write = move |tx: Tx| async move {
                for event in events {
                    rows::add(&tx, webhook, event, Known::Again).await?;
                }
                Ok(())
            };
            context.write(write).await?;
        }
        if last.occurred_at > to.saturating_add(DISORDER_MICROS) {
            break;
        }
    }
    Ok(found)
}

/// Asks for it, in the sight of the service itself; false where one is under way.
pub(crate) async fn ask(tx: &Tx, replay: &Replay) -> Result<bool, StoreError> {
    let key = replay.webhook.to_string();
    let asked = banyan_events::jobs::enqueue(tx, replay).unique(key).await?;
    Ok(matches!(asked, banyan_events::jobs::Enqueued::New(_)))
}
