//! Looks, and remembers what was told.

use std::time::Duration;

use banyan_events::jobs::{Enqueued, Job, JobContext, JobError, enqueue, withdraw};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};

use super::tell::{Line, News, Stage, Tell};
use super::{Alerts, QUEUE, Trouble, Watched};

/// Look for troubles of this service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Watch {}

impl Job for Watch {
    const KIND: &'static str = "alerts.watch";
    const QUEUE: &'static str = QUEUE;
}

/// A trouble that was told: while this waits, nobody is told again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reminder {
    trouble: Trouble,
}

impl Job for Reminder {
    const KIND: &'static str = "alerts.remind";
    const QUEUE: &'static str = QUEUE;
}

pub(super) async fn watch(alerts: Alerts, watched: Watched, context: JobContext) -> Result<(), JobError> {
    let counts = counts(&watched).await?;
    let (alerts, watched, counts) = (&alerts, &watched, &counts);
    context.finish(move |tx| async move { write(&tx, alerts, watched, counts).await }).await
}

async fn counts(watched: &Watched) -> Result<Vec<(Trouble, u64)>, JobError> {
    let now = watched.store.environment().clock.now();
    let mut counts = Vec::new();
    for trouble in Trouble::ALL {
        let count = trouble.count(watched, now).await.map_err(|error| JobError::Retry(format!("{error:#}")))?;
        counts.push((trouble, count));
    }
    Ok(counts)
}

/// What is new and what is over, in one message to each receiver.
async fn write(tx: &Tx, alerts: &Alerts, watched: &Watched, counts: &[(Trouble, u64)]) -> Result<(), JobError> {
    let mut lines = Vec::new();
    for (trouble, count) in counts.iter().copied() {
        if count == 0 {
            if withdraw::<Reminder>(tx, trouble.word()).await? {
                lines.push(Line { trouble, count, stage: Stage::Over });
            }
        } else if remember(tx, trouble, alerts.repeat).await? {
            lines.push(Line { trouble, count, stage: Stage::New });
        }
    }
    say(tx, alerts, watched, lines).await
}

/// False where it is known already.
async fn remember(tx: &Tx, trouble: Trouble, repeat: Duration) -> Result<bool, JobError> {
    let enqueued = enqueue(tx, &Reminder { trouble }).unique(trouble.word()).delay(repeat).await?;
    Ok(matches!(enqueued, Enqueued::New(_)))
}

/// It has been some hours.
pub(super) async fn remind(alerts: Alerts, watched: Watched, job: Reminder, context: JobContext) -> Result<(), JobError> {
    let trouble = job.trouble;
    let now = watched.store.environment().clock.now();
    let count = trouble.count(&watched, now).await.map_err(|error| JobError::Retry(format!("{error:#}")))?;
    let (alerts, watched) = (&alerts, &watched);
    let again = move |tx: Tx| async move {
        let stage = if count == 0 { Stage::Over } else { Stage::Still };
        if count > 0 {
            remember(&tx, trouble, alerts.repeat).await?;
        }
        say(&tx, alerts, watched, vec![Line { trouble, count, stage }]).await
    };
    context.finish(again).await
}

async fn say(tx: &Tx, alerts: &Alerts, watched: &Watched, lines: Vec<Line>) -> Result<(), JobError> {
    if lines.is_empty() {
        return Ok(());
    }
    let news = News { service: watched.store.service().to_owned(), lines, at: tx.now() };
    for line in &news.lines {
        tracing::warn!(service = news.service, trouble = line.trouble.word(), stage = ?line.stage, count = line.count, "an alert");
    }
    for receiver in alerts.receivers.all() {
        enqueue(tx, &Tell { receiver: *receiver, news: news.clone() }).await?;
    }
    Ok(())
}
