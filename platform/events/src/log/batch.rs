//! Handling events: many of one tenant in one transaction, and one by one where that fails.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use banyan_contracts::CloudEvent;
use banyan_kernel::Uuid;
use banyan_store::log::{Log, Position};
use banyan_store::{EngineKind, Store, StoreError, Tx};
use futures_util::FutureExt;
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, DbBackend, Value};

use super::consumer::{Consumer, ConsumerError, Delivery};
use super::event::Item;
use super::failure::Failed;
use super::ownership::{Member, statement};
use super::parked::Parked;
use super::state::Counters;

/// Transactions of one consumer in one log at a time, on PostgreSQL; each has its own partitions.
const LANES: usize = 4;

/// A consumer and a log that it reads.
pub(super) struct Group {
    pub(super) store: Store,
    pub(super) consumer: Consumer,
    pub(super) log: Log,
    pub(super) member: Arc<Member>,
    pub(super) counters: Arc<Counters>,
    pub(super) parked: Mutex<Parked>,
    pub(super) pace: Pace,
}

/// What one lane of a chunk has to do.
pub(super) struct Work {
    pub(super) lane: usize,
    /// Partitions of this lane that this process owns.
    pub(super) owned: u64,
    /// In order.
    pub(super) items: Vec<Item>,
    /// Up to where the log is handled when all items are.
    pub(super) end: Position,
}

impl Group {
    pub(super) fn lanes(&self) -> usize {
        match self.store.kind() {
            EngineKind::Sqlite => 1,
            EngineKind::Postgres => LANES,
        }
    }

    /// Handles the items of a lane; says how many. Those of different tenants may change places, those with the same key never.
    pub(super) async fn work(&self, work: Work) -> Result<usize, Failed> {
        let count = work.items.len();
        let batches = by_tenant(work.items, self.pace.events());
        let mut targets = vec![work.end; batches.len()];
        for at in (1..batches.len()).rev() {
            // Nothing that a later batch has may be passed.
            let first = batches[at].first().map_or(work.end, |item| item.place.before());
            targets[at - 1] = targets[at].min(first);
        }
        for (batch, target) in batches.iter().zip(targets) {
            let place = Place { lane: work.lane, owned: work.owned, target };
            match self.together(batch, place).await {
                Ok(()) => {}
                Err(Failed::LostPartition) => return Err(Failed::LostPartition),
                Err(_) => {
                    self.pace.failed();
                    self.one_by_one(batch, place).await?;
                }
            }
        }
        Ok(count)
    }

    async fn together(&self, batch: &[Item], place: Place) -> Result<(), Failed> {
        let Some(tenant) = batch.first().map(Item::tenant) else { return Ok(()) };
        let (held, fresh): (Vec<&Item>, Vec<&Item>) = {
            let parked = self.parked.lock();
            batch.iter().partition(|item| parked.holds(item.key))
        };
        let (held, fresh) = (&held, &fresh);
        let ids: &Vec<Uuid> = &fresh.iter().map(|item| item.id).collect();
        // Without the waiting for a turn before and for the disk after it.
        let time = &AtomicU64::new(0);
        let write = move |tx: Tx| async move {
            let begun = Instant::now();
            self.move_on(&tx, place).await?;
            if mark_consumed(&tx, self.consumer.name, ids).await? < ids.len() as u64 {
                return Err(Failed::HandledBefore);
            }
            for item in held {
                self.wait_in_turn(&tx, item).await?;
            }
            for item in fresh {
                run_handler(&self.consumer, &tx, item.event.clone(), 0).await?;
            }
            time.store(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            Ok(())
        };
        self.store.system(tenant).write(write).await?;
        let now = self.store.environment().clock.now().micros();
        held.iter().for_each(|item| self.remember(item, now));
        self.counters.handled(fresh.len());
        self.pace.took(batch.len(), Duration::from_micros(time.load(Ordering::Relaxed)));
        Ok(())
    }

    async fn one_by_one(&self, batch: &[Item], place: Place) -> Result<(), Failed> {
        for (at, item) in batch.iter().enumerate() {
            let target = if at + 1 == batch.len() { place.target } else { Position::OLDEST };
            let own = Place { target, ..place };
            match self.together(std::slice::from_ref(item), own).await {
                Ok(()) => {}
                Err(Failed::HandledBefore) => self.only_move_on(item.tenant(), own).await?,
                Err(failed) if failed.is_of_the_event() => {
                    self.park(item, &failed).await?;
                    self.only_move_on(item.tenant(), own).await?;
                }
                Err(failed) => return Err(failed),
            }
        }
        Ok(())
    }

    async fn only_move_on(&self, tenant: Uuid, place: Place) -> Result<(), Failed> {
        self.store.system(tenant).write(move |tx| async move { self.move_on(&tx, place).await }).await
    }

    /// Moves the places of the lane's partitions, and makes sure that they are still this process's: whoever wants them waits for the
    /// end of this transaction.
    pub(super) async fn move_on(&self, tx: &Tx, place: Place) -> Result<(), Failed> {
        const SQL: &str = "UPDATE consumer_partitions SET changed_at = $1, \
            era = CASE WHEN (era, position) < ($2, $3) THEN $2 ELSE era END, \
            position = CASE WHEN (era, position) < ($2, $3) THEN $3 ELSE position END \
            WHERE consumer = $4 AND source = $5 AND owner = $6 AND partition % $7 = $8";
        let values: Vec<Value> = vec![
            tx.now().micros().into(),
            place.target.era.into(),
            place.target.number.into(),
            self.consumer.name.into(),
            self.log.service().into(),
            self.member.node.into(),
            (self.lanes() as i64).into(),
            (place.lane as i64).into(),
        ];
        let moved = tx.execute_raw(statement(tx, SQL, values)).await.map_err(StoreError::from)?.rows_affected();
        if moved == place.owned { Ok(()) } else { Err(Failed::LostPartition) }
    }

    /// Makes sure that the partition is still this process's, until the end of the transaction.
    pub(super) async fn hold(&self, tx: &Tx, partition: usize) -> Result<(), Failed> {
        const SQL: &str = "UPDATE consumer_partitions SET changed_at = $1 \
            WHERE consumer = $2 AND source = $3 AND partition = $4 AND owner = $5";
        let values = vec![
            tx.now().micros().into(),
            self.consumer.name.into(),
            self.log.service().into(),
            (partition as i64).into(),
            self.member.node.into(),
        ];
        let held = tx.execute_raw(statement(tx, SQL, values)).await.map_err(StoreError::from)?.rows_affected();
        if held == 1 { Ok(()) } else { Err(Failed::LostPartition) }
    }
}

/// How many events share a transaction: more where handlers are quick, because each transaction waits for the disk; fewer where they are
/// slow, because on SQLite nobody else writes meanwhile, or where one fails, because then all were in vain.
pub(super) struct Pace(AtomicUsize);

impl Pace {
    const FEWEST: usize = 16;
    const MOST: usize = 512;
    /// A transaction that takes longer was too long.
    const LONG: Duration = Duration::from_millis(40);
    /// One that was full and took less may be longer.
    const SHORT: Duration = Duration::from_millis(15);

    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(128))
    }

    fn events(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn took(&self, events: usize, time: Duration) {
        let most = self.events();
        if time > Self::LONG {
            self.0.store((most / 2).max(Self::FEWEST), Ordering::Relaxed);
        } else if events == most && time < Self::SHORT {
            self.0.store((most * 2).min(Self::MOST), Ordering::Relaxed);
        }
    }

    fn failed(&self) {
        self.0.store(Self::FEWEST, Ordering::Relaxed);
    }
}

/// Where a transaction of a lane leads.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) lane: usize,
    pub(super) owned: u64,
    pub(super) target: Position,
}

/// Batches of one tenant each, in the order of their first events; those of a tenant follow each other.
fn by_tenant(items: Vec<Item>, most: usize) -> Vec<Vec<Item>> {
    let mut batches: Vec<Vec<Item>> = Vec::new();
    let mut open: std::collections::HashMap<Uuid, usize> = std::collections::HashMap::new();
    for item in items {
        let tenant = item.tenant();
        match open.get(&tenant).copied().filter(|at| batches[*at].len() < most) {
            Some(at) => batches[at].push(item),
            None => {
                open.insert(tenant, batches.len());
                batches.push(vec![item]);
            }
        }
    }
    batches
}

/// Writes down that the events were handled; says of how many that was new.
pub(super) async fn mark_consumed(tx: &Tx, consumer: &'static str, ids: &[Uuid]) -> Result<u64, StoreError> {
    const ONE: &str = "INSERT INTO consumed_events (id, consumer) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    // One statement for any number of rows, prepared once.
    const MANY: &str = "INSERT INTO consumed_events (id, consumer) SELECT one.value::uuid, $2 \
        FROM jsonb_array_elements_text($1) AS one(value) ON CONFLICT (id) DO NOTHING";
    if tx.get_database_backend() == DbBackend::Postgres && ids.len() > 1 {
        let ids = serde_json::Value::from(ids.iter().map(Uuid::to_string).collect::<Vec<_>>());
        return Ok(tx.execute_raw(statement(tx, MANY, vec![ids.into(), consumer.into()])).await?.rows_affected());
    }
    let mut new = 0;
    for id in ids {
        new += tx.execute_raw(statement(tx, ONE, vec![(*id).into(), consumer.into()])).await?.rows_affected();
    }
    Ok(new)
}

/// A handler that hangs or panics has failed.
pub(super) async fn run_handler(consumer: &Consumer, tx: &Tx, event: Arc<CloudEvent>, attempts: i64) -> Result<(), Failed> {
    let delivery = Delivery { tx: tx.clone(), event, attempt: u32::try_from(attempts).unwrap_or(u32::MAX) };
    let handler = consumer.handler.clone();
    let run = AssertUnwindSafe(async move { handler(delivery).await }).catch_unwind();
    let outcome = match tokio::time::timeout(consumer.deadline, run).await {
        Err(_) => Err(ConsumerError::Retry(format!("the handler took longer than {} ms", consumer.deadline.as_millis()))),
        Ok(Err(panic)) => Err(ConsumerError::Retry(format!("the handler panicked: {}", words(&*panic)))),
        Ok(Ok(outcome)) => outcome,
    };
    outcome.map_err(Failed::Handler)
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_grow_while_they_are_quick_and_full_and_shrink_when_they_are_slow_or_fail() {
        let (quick, slow) = (Duration::from_millis(5), Duration::from_millis(100));
        let pace = Pace::new();
        pace.took(100, quick);
        assert_eq!(pace.events(), 128, "it was not full");
        for wanted in [256, 512, 512] {
            pace.took(pace.events(), quick);
            assert_eq!(pace.events(), wanted);
        }
        pace.took(3, slow);
        assert_eq!(pace.events(), 256);
        pace.failed();
        pace.took(1, slow);
        assert_eq!(pace.events(), Pace::FEWEST);
    }
}
