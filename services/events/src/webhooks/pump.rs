//! Sends what is due for one subscription.

use std::time::Duration;

use banyan_channels::{Attempt, Hope};
use banyan_contracts::event_door::WebhookDisabled;
use banyan_events::jobs::{Job, JobContext, JobError, enqueue};
use banyan_kernel::{Random, Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::{StoreError, Tx};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::{QUEUE, delivery, exit, rows, webhook};
use crate::App;

/// Send what is due for this subscription. There is one of these for each at the most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pump {
    pub(crate) webhook: Uuid,
}

impl Job for Pump {
    const KIND: &'static str = "events.send-webhooks";
    const QUEUE: &'static str = QUEUE;
    /// Of two rounds in which nobody answers.
    const TIMEOUT: Duration = Duration::from_secs(300);
}

/// On their way to a receiver at a time; to one that fails, one.
const AT_ONCE: u64 = 4;
/// How long one job goes on; then it is another subscription's turn.
const TURN: Duration = Duration::from_secs(5);
/// How long to wait after each attempt, in seconds: about three days, as Standard Webhooks recommends.
pub(crate) const PAUSES: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// After so long without an answer that was good nothing more is sent.
const GIVEN_UP_MICROS: i64 = 5 * 86_400 * 1_000_000;
/// More than these may not wait for one that fails.
const MOST_WAITING: i64 = 100_000;
/// A receiver that fails is left alone so long between what is new for it, doubling.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(300);

pub(crate) async fn pump(app: App, job: Pump, context: JobContext) -> Result<(), JobError> {
    let begun = Instant::now();
    let id = job.webhook;
    let mut failed = false;
    while begun.elapsed() < TURN && !failed && !context.is_cancelled() {
        let known = context.rows().read(move |tx| async move {
            let webhook = rows::find(&tx, id).await?.filter(|webhook| webhook.enabled);
            let Some(webhook) = webhook else { return Ok::<_, StoreError>(None) };
            let most = if webhook.failures == 0 { AT_ONCE } else { 1 };
            let due = rows::due(&tx, id, most).await?;
            Ok(Some((webhook, due)))
        });
        let Some((webhook, due)) = known.await? else { break };
        if due.is_empty() {
            break;
        }
        let environment = app.store.environment();
        let keys = exit::keys(&webhook, &environment.cipher, environment.clock.now());
        let sending = due.iter().map(|one| timed(app.exit.send(&webhook, keys.clone(), one.event_id, &one.event)));
        let tried: Vec<Tried> = due.iter().cloned().zip(join_all(sending).await).map(Tried::of).collect();
        failed = tried.iter().any(|one| one.attempt.is_err());
        let (tried, random) = (&tried, &*app.random);
        context.write(move |tx| async move { Ok(record(&tx, id, tried, random).await?) }).await?;
    }
    context.finish(move |tx| async move { Ok(go_on(&tx, id).await?) }).await
}

async fn timed(sending: impl Future<Output = Attempt>) -> (Attempt, Duration) {
    let begun = Instant::now();
    (sending.await, begun.elapsed())
}

struct Tried {
    delivery: delivery::Model,
    attempt: Attempt,
    took: Duration,
}

impl Tried {
    fn of((delivery, (attempt, took)): (delivery::Model, (Attempt, Duration))) -> Self {
        Self { delivery, attempt, took }
    }

    /// For the log of deliveries.
    fn outcome(&self, now: Timestamp) -> Json {
        let took = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        match &self.attempt {
            Ok(_) => json!({ "at": now, "outcome": "delivered", "tookMs": took }),
            Err(refused) => json!({
                "at": now, "outcome": refused.hope.word(), "code": refused.reason.code(), "reason": refused.reason.to_string(),
                "tookMs": took,
            }),
        }
    }

    /// How long to wait for the next attempt; none after the last one.
    fn pause(&self, random: &dyn Random) -> Option<Duration> {
        let refused = self.attempt.as_ref().err()?;
        if matches!(refused.hope, Hope::Permanent) {
            return None;
        }
        let at = usize::try_from(self.delivery.attempts).unwrap_or(usize::MAX);
        let pause = Duration::from_secs(*PAUSES.get(at)?);
        let mut chance = [0_u8; 2];
        random.fill(&mut chance);
        // Up to a tenth longer, so that what failed together does not come back together.
        let longer = pause.mul_f64(1.0 + f64::from(u16::from_le_bytes(chance)) / f64::from(u16::MAX) / 10.0);
        Some(longer.max(refused.retry_after().unwrap_or_default()))
    }
}

/// Writes down what became of the attempts, and what it says of the receiver.
async fn record(tx: &Tx, id: Uuid, tried: &[Tried], random: &dyn Random) -> Result<(), StoreError> {
    let now = tx.now();
    for one in tried {
        let (state, due_at) = match (&one.attempt, one.pause(random)) {
            (Ok(_), _) => (delivery::State::Delivered, now),
            (Err(_), None) => (delivery::State::Failed, now),
            (Err(_), Some(pause)) => (delivery::State::Waiting, later(now, pause)),
        };
        rows::write_attempt(tx, &one.delivery, state, due_at, one.outcome(now)).await?;
    }
    let Some(webhook) = rows::find(tx, id).await? else { return Ok(()) };
    let failures = tried.iter().filter(|one| one.attempt.is_err()).count();
    if tried.iter().any(|one| matches!(&one.attempt, Err(refused) if refused.is_gone())) {
        return disable(tx, &webhook, "gone").await;
    }
    if failures < tried.len() {
        let sql = "UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = $1 AND failures > 0";
        return rows::execute(tx, sql, vec![id.into()]).await.map(drop);
    }
    let since = webhook.failing_since.unwrap_or(now.micros());
    let sql = "UPDATE webhooks SET failures = failures + $1, failing_since = $2 WHERE id = $3";
    let count = i64::try_from(failures).unwrap_or(1);
    rows::execute(tx, sql, vec![count.into(), since.into(), id.into()]).await?;
    if now.micros() - since >= GIVEN_UP_MICROS {
        return disable(tx, &webhook, "failing").await;
    }
    if rows::waiting(tx, id, MOST_WAITING).await? >= MOST_WAITING {
        return disable(tx, &webhook, "backlog").await;
    }
    Ok(())
}

/// Nothing more is sent until somebody enables it again. What waits stays.
async fn disable(tx: &Tx, webhook: &webhook::Model, reason: &'static str) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE webhooks SET enabled = $1, disabled_reason = $2, disabled_at = $3, updated_at = $3 WHERE id = $4 AND enabled";
    let now = tx.now().micros();
    if rows::execute(tx, SQL, vec![false.into(), reason.into(), now.into(), webhook.id.into()]).await? == 0 {
        return Ok(());
    }
    tracing::warn!(webhook = %webhook.id, tenant = %webhook.tenant, reason, "a subscription was disabled: its receiver does not take webhooks");
    tx.audit(Record::new("events.webhook.disabled").object("webhook", webhook.id).detail(json!({ "reason": reason })));
    let event = WebhookDisabled { webhook_id: webhook.id, owner_id: webhook.owner_id, reason: reason.to_owned() };
    tx.publish(&event).await.map(drop)
}

/// Whatever waits has a job that will come for it.
async fn go_on(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    let Some(webhook) = rows::find(tx, id).await?.filter(|webhook| webhook.enabled) else { return Ok(()) };
    let Some(due) = rows::next_due(tx, id).await? else { return Ok(()) };
    let until_due = Duration::from_micros((due - tx.now().micros()).max(0).unsigned_abs());
    enqueue(tx, &Pump { webhook: id }).unique(id.to_string()).delay(until_due.max(rest(&webhook))).await.map(drop)
}

/// How long a receiver that fails is left alone.
pub(super) fn rest(webhook: &webhook::Model) -> Duration {
    let doublings = u32::try_from(webhook.failures.min(10)).unwrap_or(0);
    match doublings {
        0 => Duration::ZERO,
        more => FIRST_REST.saturating_mul(1 << (more - 1)).min(LONGEST_REST),
    }
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)))
}
