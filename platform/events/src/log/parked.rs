//! Events that wait: what the process knows of them, and their next attempts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::log::Position;
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::batch::{Group, mark_consumed, run_handler};
use super::event::{self, Item};
use super::failure::{self, Failed};
use super::ownership::{Owned, bookkeeping, statement};

/// Waiting events of a consumer in one log that a process keeps in mind. With more, it reads on only when some are done.
pub(super) const MOST: usize = 10_000;

/// By key, in order. The first of each key is the one that may run.
#[derive(Default)]
pub(super) struct Parked {
    keys: HashMap<i64, BTreeMap<Position, Waiting>>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    pub(super) partition: usize,
    pub(super) due: i64,
}

impl Parked {
    pub(super) fn holds(&self, key: i64) -> bool {
        self.keys.contains_key(&key)
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= MOST
    }

    pub(super) fn add(&mut self, key: i64, place: Position, waiting: Waiting) {
        if self.keys.entry(key).or_default().insert(place, waiting).is_none() {
            self.count += 1;
        }
    }

    fn remove(&mut self, key: i64, place: Position) {
        let Some(waiting) = self.keys.get_mut(&key) else { return };
        if waiting.remove(&place).is_some() {
            self.count -= 1;
        }
        if waiting.is_empty() {
            self.keys.remove(&key);
        }
    }

    fn first(&self, key: i64) -> Option<(Position, Waiting)> {
        self.keys.get(&key)?.first_key_value().map(|(place, waiting)| (*place, *waiting))
    }

    /// Keys whose first event is due.
    pub(super) fn due(&self, now: i64) -> Vec<i64> {
        let due = self.keys.iter().filter(|(_, waiting)| waiting.values().next().is_some_and(|first| first.due <= now));
        due.map(|(key, _)| *key).collect()
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.keys.values().filter_map(|waiting| waiting.values().next()).map(|first| first.due).min()
    }
}

#[derive(FromQueryResult)]
struct Brief {
    id: Uuid,
    tenant: Uuid,
    partition: i64,
    order_key: i64,
    era: i64,
    position: i64,
    due_at: i64,
}

#[derive(FromQueryResult)]
struct Row {
    event_id: Uuid,
    r#type: String,
    version: i64,
    subject: String,
    occurred_at: i64,
    data: serde_json::Value,
    attempts: i64,
    history: serde_json::Value,
}

/// How one attempt ended.
enum Tried {
    Done,
    /// Somebody dropped it meanwhile, or it was handled before.
    Gone,
    Again(i64),
    Dead,
}

impl Group {
    /// What waits in the partitions that this process owns.
    pub(super) async fn load_parked(&self, owned: &Owned) -> Result<Parked, StoreError> {
        const SQL: &str = "SELECT id, tenant, partition, order_key, era, position, due_at FROM parked_events \
            WHERE consumer = $1 AND source = $2 AND dead_at IS NULL ORDER BY era, position LIMIT $3";
        let (consumer, source) = (self.consumer.name, self.log.service());
        let read = move |tx: Tx| async move {
            let values = vec![consumer.into(), source.into(), (MOST as i64).into()];
            let rows = tx.query_all_raw(statement(&tx, SQL, values)).await?;
            rows.iter().map(|row| Brief::from_query_result(row, "").map_err(StoreError::from)).collect::<Result<Vec<_>, _>>()
        };
        let mut parked = Parked::default();
        for row in bookkeeping(&self.store).read(read).await? {
            let Ok(partition) = usize::try_from(row.partition) else { continue };
            if owned.get(partition).is_some_and(Option::is_some) {
                let waiting = Waiting { id: row.id, tenant: row.tenant, partition, due: row.due_at };
                parked.add(row.order_key, Position { era: row.era, number: row.position }, waiting);
            }
        }
        Ok(parked)
    }

    /// Tries what is due; says how many attempts that were.
    pub(super) async fn run_due(&self) -> Result<usize, Failed> {
        let now = || self.store.environment().clock.now().micros();
        let due = self.parked.lock().due(now());
        let mut tried = 0;
        for key in due {
            while let Some((place, waiting)) = self.first_due(key, now()) {
                tried += 1;
                match self.attempt(&waiting).await? {
                    Tried::Again(due) => self.parked.lock().add(key, place, Waiting { due, ..waiting }),
                    Tried::Done | Tried::Gone | Tried::Dead => self.parked.lock().remove(key, place),
                }
            }
        }
        Ok(tried)
    }

    fn first_due(&self, key: i64, now: i64) -> Option<(Position, Waiting)> {
        self.parked.lock().first(key).filter(|(_, waiting)| waiting.due <= now)
    }

    async fn attempt(&self, waiting: &Waiting) -> Result<Tried, Failed> {
        let seen = &parking_lot::Mutex::new(None);
        let run = move |tx: Tx| async move {
            self.hold(&tx, waiting.partition).await?;
            let Some(row) = take(&tx, waiting.id).await? else { return Ok(Tried::Gone) };
            *seen.lock() = Some((row.attempts, row.history.clone()));
            if mark_consumed(&tx, self.consumer.name, &[waiting.id]).await? == 0 {
                return Ok(Tried::Gone);
            }
            let event = Arc::new(self.event_of(waiting.tenant, &row));
            run_handler(&self.consumer, &tx, event, row.attempts).await?;
            Ok::<_, Failed>(Tried::Done)
        };
        let failed = match self.store.system(waiting.tenant).write(run).await {
            Ok(tried) => {
                if matches!(tried, Tried::Done) {
                    self.counters.handled(1);
                }
                return Ok(tried);
            }
            Err(failed) if failed.is_of_the_event() => failed,
            Err(failed) => return Err(failed),
        };
        let Some((attempts, history)) = seen.lock().take() else { return Err(failed) };
        self.postpone(waiting, attempts + 1, &history, &failed).await
    }

    fn event_of(&self, tenant: Uuid, row: &Row) -> CloudEvent {
        CloudEvent {
            specversion: "1.0".to_owned(),
            id: row.event_id,
            source: format!("/services/{}", self.log.service()),
            kind: row.r#type.clone(),
            subject: row.subject.clone(),
            time: Timestamp::from_micros(row.occurred_at),
            datacontenttype: "application/json".to_owned(),
            tenant,
            dataversion: u32::try_from(row.version).unwrap_or(0),
            data: row.data.clone(),
        }
    }

    async fn postpone(
        &self,
        waiting: &Waiting,
        attempts: i64,
        history: &serde_json::Value,
        failed: &Failed,
    ) -> Result<Tried, Failed> {
        const SQL: &str = "UPDATE parked_events SET attempts = $1, due_at = $2, history = $3, dead_at = $4 WHERE id = $5";
        let now = self.store.environment().clock.now();
        let due = failure::next_attempt(attempts, failed.is_poison(), now, spread(waiting.id));
        let history = &failure::longer(history, now, &failed.text());
        self.tell_failure(waiting.id, attempts, due, failed);
        let write = move |tx: Tx| async move {
            self.hold(&tx, waiting.partition).await?;
            let dead_at = due.is_none().then_some(now.micros());
            let values = vec![
                attempts.into(),
                due.unwrap_or(now).micros().into(),
                history.clone().into(),
                dead_at.into(),
                waiting.id.into(),
            ];
            tx.execute_raw(statement(&tx, SQL, values)).await.map_err(StoreError::from)?;
            Ok::<_, Failed>(())
        };
        self.store.system(waiting.tenant).write(write).await?;
        Ok(due.map_or(Tried::Dead, |due| Tried::Again(due.micros())))
    }

    /// Puts an event aside after its first failure.
    pub(super) async fn park(&self, item: &Item, failed: &Failed) -> Result<(), Failed> {
        let now = self.store.environment().clock.now();
        let due = failure::next_attempt(1, failed.is_poison(), now, spread(item.id));
        let history = &failure::longer(&serde_json::Value::Null, now, &failed.text());
        self.tell_failure(item.id, 1, due, failed);
        let write = move |tx: Tx| async move {
            self.hold(&tx, item.partition).await?;
            let dead_at = due.is_none().then_some(now.micros());
            insert(&tx, self, item, &Fate { attempts: 1, due: due.unwrap_or(now).micros(), history, dead_at }).await?;
            Ok::<_, Failed>(())
        };
        self.store.system(item.tenant()).write(write).await?;
        if let Some(due) = due {
            self.remember(item, due.micros());
        }
        Ok(())
    }

    /// Lets an event wait for an earlier one about the same subject, in the transaction of its neighbours.
    pub(super) async fn wait_in_turn(&self, tx: &Tx, item: &Item) -> Result<(), Failed> {
        let fate = Fate { attempts: 0, due: tx.now().micros(), history: &serde_json::json!([]), dead_at: None };
        insert(tx, self, item, &fate).await
    }

    pub(super) fn remember(&self, item: &Item, due: i64) {
        let waiting = Waiting { id: item.id, tenant: item.tenant(), partition: item.partition, due };
        self.parked.lock().add(item.key, item.place, waiting);
    }

    fn tell_failure(&self, id: Uuid, attempts: i64, due: Option<Timestamp>, failed: &Failed) {
        self.counters.failed();
        if due.is_none() {
            self.counters.died();
        }
        let error = failed.text();
        tracing::warn!(consumer = self.consumer.name, event = %event_of_consumption(self.consumer.name, id), attempts,
            dead = due.is_none(), %error, "an event could not be handled");
    }
}

fn event_of_consumption(consumer: &str, id: Uuid) -> Uuid {
    // The mask is its own inverse.
    event::consumption(consumer, id)
}

fn spread(id: Uuid) -> i64 {
    i64::from(id.as_bytes()[15])
}

struct Fate<'h> {
    attempts: i64,
    due: i64,
    history: &'h serde_json::Value,
    dead_at: Option<i64>,
}

async fn insert(tx: &Tx, group: &Group, item: &Item, fate: &Fate<'_>) -> Result<(), Failed> {
    const SQL: &str = "INSERT INTO parked_events (id, tenant, consumer, source, partition, order_key, event_id, era, position, type, \
        version, subject, occurred_at, data, attempts, due_at, history, dead_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT (id) DO NOTHING";
    let event = &item.event;
    let values = vec![
        item.id.into(),
        event.tenant.into(),
        group.consumer.name.into(),
        group.log.service().into(),
        (item.partition as i64).into(),
        item.key.into(),
        event.id.into(),
        item.place.era.into(),
        item.place.number.into(),
        event.kind.clone().into(),
        i64::from(event.dataversion).into(),
        event.subject.clone().into(),
        event.time.micros().into(),
        event.data.clone().into(),
        fate.attempts.into(),
        fate.due.into(),
        fate.history.clone().into(),
        fate.dead_at.into(),
    ];
    tx.execute_raw(statement(tx, SQL, values)).await.map(drop).map_err(|error| StoreError::from(error).into())
}

/// The event, which waits no longer.
async fn take(tx: &Tx, id: Uuid) -> Result<Option<Row>, StoreError> {
    const LOOK: &str = "SELECT event_id, type, version, subject, occurred_at, data, attempts, history FROM parked_events \
        WHERE id = $1 AND dead_at IS NULL";
    let Some(row) = tx.query_one_raw(statement(tx, LOOK, vec![id.into()])).await? else { return Ok(None) };
    tx.execute_raw(statement(tx, "DELETE FROM parked_events WHERE id = $1", vec![id.into()])).await?;
    Ok(Some(Row::from_query_result(&row, "")?))
}
