//! What people and metrics see of consumers.

use std::sync::atomic::{AtomicU64, Ordering};

use banyan_kernel::Uuid;
use banyan_store::log::Position;
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;

use super::batch::Group;
use super::ownership::{bookkeeping, statement};

/// Events counted for the lag at the most.
const MOST_LAG: u32 = 100_000;

/// What this process did for a consumer since it began.
#[derive(Debug, Default)]
pub struct Counters {
    handled: AtomicU64,
    failed: AtomicU64,
    died: AtomicU64,
}

impl Counters {
    pub(super) fn handled(&self, count: usize) {
        self.handled.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn died(&self) {
        self.died.fetch_add(1, Ordering::Relaxed);
    }

    /// Handled, failed attempts, and gone to the dead letters.
    pub fn read(&self) -> (u64, u64, u64) {
        (self.handled.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed), self.died.load(Ordering::Relaxed))
    }
}

/// One consumer of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupState {
    pub service: String,
    pub consumer: String,
    pub source: String,
    pub partitions: Vec<PartitionState>,
    /// Events of its types that were not handled yet, counted up to 100,000.
    pub lag: u64,
    /// Waiting for another attempt, or for an earlier event about the same subject.
    pub waiting: u64,
    pub dead: u64,
}

/// One part of a log, for one consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionState {
    pub partition: i64,
    /// The process that reads it.
    pub owner: Option<Uuid>,
    pub place: String,
}

#[derive(FromQueryResult)]
struct Row {
    partition: i64,
    owner: Option<Uuid>,
    era: i64,
    position: i64,
}

#[derive(FromQueryResult)]
struct Number {
    count: i64,
}

impl Group {
    /// What it is called at the log.
    pub(super) fn reader(&self) -> String {
        format!("{}.{}", self.store.service(), self.consumer.name)
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        const SQL: &str = "SELECT partition, owner, era, position FROM consumer_partitions WHERE consumer = $1 AND source = $2 \
            ORDER BY partition";
        let (consumer, source) = (self.consumer.name, self.log.service());
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(statement(&tx, SQL, vec![consumer.into(), source.into()])).await?;
            rows.iter().map(|row| Row::from_query_result(row, "").map_err(StoreError::from)).collect()
        };
        bookkeeping(&self.store).read(read).await
    }

    /// Up to where all partitions are handled, whoever owns them.
    pub(super) async fn least_place(&self) -> Result<Position, StoreError> {
        let rows = self.rows().await?;
        let places = rows.iter().map(|row| Position { era: row.era, number: row.position });
        Ok(places.min().unwrap_or(Position::BEGINNING))
    }

    pub(super) async fn state(&self) -> Result<GroupState, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS count FROM parked_events WHERE consumer = $1 AND source = $2 AND dead_at IS NULL";
        const DEAD: &str =
            "SELECT COUNT(*) AS count FROM parked_events WHERE consumer = $1 AND source = $2 AND dead_at IS NOT NULL";
        let rows = self.rows().await?;
        let (consumer, source) = (self.consumer.name, self.log.service());
        let count = async |sql: &'static str| {
            let read = move |tx: Tx| async move {
                let row = tx.query_one_raw(statement(&tx, sql, vec![consumer.into(), source.into()])).await?;
                let number = row.map(|row| Number::from_query_result(&row, "")).transpose()?;
                Ok::<_, StoreError>(number.map_or(0, |number| number.count.unsigned_abs()))
            };
            bookkeeping(&self.store).read(read).await
        };
        let least = rows.iter().map(|row| Position { era: row.era, number: row.position }).min();
        let least_or_first = least.unwrap_or(Position::BEGINNING);
        let lag = if self.consumer.hears_everything() {
            self.log.count_all_after(least_or_first, MOST_LAG).await?
        } else {
            self.log.count_after(least_or_first, self.consumer.types, MOST_LAG).await?
        };
        let partition = |row: &Row| PartitionState {
            partition: row.partition,
            owner: row.owner,
            place: Position { era: row.era, number: row.position }.to_string(),
        };
        Ok(GroupState {
            service: self.store.service().to_owned(),
            consumer: consumer.to_owned(),
            source: source.to_owned(),
            partitions: rows.iter().map(partition).collect(),
            lag,
            waiting: count(COUNT).await?,
            dead: count(DEAD).await?,
        })
    }
}
