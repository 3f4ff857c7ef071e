//! Which process reads which partition. On SQLite there is one process, which reads all. On PostgreSQL each process says that it lives;
//! all compute the same division of the partitions over the living, take what is theirs from the dead, and let go of what is not.

use std::time::{Duration, Instant};

use banyan_kernel::Uuid;
use banyan_store::log::{Log, Position};
use banyan_store::{EngineKind, Rows, Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use tokio::sync::watch;

use super::consumer::{Consumer, Start};
use super::{PARTITIONS, event};

/// How often a process says that it lives.
pub(super) const BEAT: Duration = Duration::from_millis(1_000);
/// How often partitions are looked at although nobody said that something has changed.
const CALM: Duration = Duration::from_secs(10);
/// Rung where somebody else is to look at what consumers of the service have: partitions that were set back, events that are to be tried again.
pub(super) const BELL: &str = "consumers";
/// How long that counts: a partition of a process that was killed has another owner after this and a beat.
const LIFE_MICROS: i64 = 3_000_000;
/// Rows of processes that are long gone are deleted after this.
const FORGET_MICROS: i64 = 3_600_000_000;

/// What a process owns of a log.
pub(super) type Owned = [Option<Position>; PARTITIONS];

/// A process's part of a log after a division.
pub(super) struct Share {
    /// What it has owned before and still does, with how far each was handled.
    pub(super) kept: Owned,
    pub(super) taken: Owned,
}

/// When partitions were last divided, and what for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divided {
    at: Instant,
    change: u64,
    /// It has all that is its part: the others hold nothing of it any more.
    is_whole: bool,
}

/// Whose word counts when partitions are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Division {
    /// Those who live share.
    Shared,
    /// All are taken, from whomever. (Tests and command lines; what others have begun is refused at its end.)
    Everything,
}

impl Divided {
    pub(super) fn age(self) -> Duration {
        self.at.elapsed()
    }
}

/// One process in the eyes of a service's consumers.
pub(super) struct Member {
    store: Store,
    pub(super) node: Uuid,
    living: parking_lot::Mutex<Vec<Uuid>>,
    /// Rises when partitions are to be divided anew.
    changes: watch::Sender<u64>,
}

#[derive(FromQueryResult)]
struct Node {
    id: Uuid,
}

#[derive(FromQueryResult)]
struct Partition {
    id: Uuid,
    partition: i64,
    owner: Option<Uuid>,
    fence: i64,
    era: i64,
    position: i64,
}

/// Rows that belong to no tenant.
pub(super) fn bookkeeping(store: &Store) -> Rows {
    store.system(Uuid::nil())
}

pub(super) fn statement(tx: &Tx, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

impl Member {
    pub(super) fn new(store: Store) -> Self {
        let node = store.environment().ids.next();
        Self { store, node, living: parking_lot::Mutex::new(vec![node]), changes: watch::Sender::new(0) }
    }

    /// Partitions are to be divided anew, and what waits is to be looked at.
    pub(super) fn change(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Where nothing changes. Those who are told of changes look seldom.
    pub(super) fn pause(&self, divided: Option<Divided>) -> Duration {
        if divided.is_some_and(|divided| divided.is_whole) && self.store.is_told() { CALM } else { BEAT }
    }

    pub(super) fn is_outdated(&self, divided: Option<Divided>) -> bool {
        divided.is_none_or(|divided| divided.change != *self.changes.borrow() || divided.age() >= self.pause(Some(divided)))
    }

    /// Says that this process lives, and looks who else does.
    pub(super) async fn beat(&self) -> Result<(), StoreError> {
        const BEAT: &str = "INSERT INTO consumer_nodes (id, expires_at) VALUES ($1, $2) \
            ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at";
        const LIVING: &str = "SELECT id FROM consumer_nodes WHERE expires_at > $1 ORDER BY id";
        const FORGET: &str = "DELETE FROM consumer_nodes WHERE expires_at < $1";
        if self.store.kind() == EngineKind::Sqlite {
            return Ok(());
        }
        let node = self.node;
        let beat = move |tx: Tx| async move {
            let now = tx.now().micros();
            tx.execute_raw(statement(&tx, BEAT, vec![node.into(), (now + LIFE_MICROS).into()])).await?;
            tx.execute_raw(statement(&tx, FORGET, vec![(now - FORGET_MICROS).into()])).await?;
            let rows = tx.query_all_raw(statement(&tx, LIVING, vec![now.into()])).await?;
            rows.iter()
                .map(|row| Node::from_query_result(row, "").map(|node| node.id))
                .collect::<Result<Vec<_>, _>>()
                .map_err(StoreError::from)
        };
        let living = bookkeeping(&self.store).write(beat).await?;
        if std::mem::replace(&mut *self.living.lock(), living.clone()) != living {
            self.change();
        }
        Ok(())
    }

    /// Leaves in good order: others need not wait until it counts as dead.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        if self.store.kind() == EngineKind::Sqlite {
            return Ok(());
        }
        let node = self.node;
        let leave = move |tx: Tx| async move {
            let release = "UPDATE consumer_partitions SET owner = NULL WHERE owner = $1";
            tx.execute_raw(statement(&tx, release, vec![node.into()])).await?;
            tx.execute_raw(statement(&tx, "DELETE FROM consumer_nodes WHERE id = $1", vec![node.into()])).await?;
            Ok::<_, StoreError>(())
        };
        bookkeeping(&self.store).write(leave).await
    }

    /// Notes where a consumer begins that has never read the log. From here on it hears everything, also if it runs later.
    pub(super) async fn note_beginning(&self, consumer: &Consumer, log: &Log) -> Result<(), StoreError> {
        let rows = self.partitions(consumer.name, log.service()).await?;
        if rows.len() < PARTITIONS {
            self.make(consumer, log, &rows).await?;
        }
        Ok(())
    }

    /// Takes and lets go of partitions of a log.
    pub(super) async fn divide(
        &self,
        consumer: &Consumer,
        log: &Log,
        division: Division,
    ) -> Result<(Share, Divided), StoreError> {
        let (at, change) = (Instant::now(), *self.changes.borrow());
        let living = self.living.lock().clone();
        let source = log.service();
        let rows = self.partitions(consumer.name, source).await?;
        let rows = if rows.len() < PARTITIONS { self.make(consumer, log, &rows).await? } else { rows };
        let (mut kept, mut is_whole): (Owned, bool) = ([None; PARTITIONS], true);
        let (mut take, mut release) = (Vec::new(), Vec::new());
        for row in &rows {
            let Some(at) = usize::try_from(row.partition).ok().filter(|at| *at < PARTITIONS) else { continue };
            let mine = division == Division::Everything || wanted(&living, consumer.name, source, at) == Some(self.node);
            let is_mine = row.owner == Some(self.node);
            let is_free = row.owner.is_none_or(|owner| !living.contains(&owner));
            match (mine, is_mine) {
                (true, true) => kept[at] = Some(Position { era: row.era, number: row.position }),
                (true, false) if is_free || division == Division::Everything => take.push((row, at)),
                (true, false) => is_whole = false,
                (false, true) => release.push(row.id),
                _ => {}
            }
        }
        let mut taken: Owned = [None; PARTITIONS];
        if !take.is_empty() || !release.is_empty() {
            let found = self.take_and_release(&take, &release).await?;
            is_whole &= found.len() == take.len();
            for (at, place) in found {
                taken[at] = Some(place);
            }
        }
        Ok((Share { kept, taken }, Divided { at, change, is_whole }))
    }

    async fn partitions(&self, consumer: &str, source: &str) -> Result<Vec<Partition>, StoreError> {
        const SQL: &str = "SELECT id, partition, owner, fence, era, position FROM consumer_partitions \
            WHERE consumer = $1 AND source = $2 ORDER BY partition";
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(statement(&tx, SQL, vec![consumer.into(), source.into()])).await?;
            rows.iter().map(|row| Partition::from_query_result(row, "").map_err(StoreError::from)).collect()
        };
        bookkeeping(&self.store).read(read).await
    }

    /// A consumer's first time.
    async fn make(&self, consumer: &Consumer, log: &Log, there: &[Partition]) -> Result<Vec<Partition>, StoreError> {
        const SQL: &str = "INSERT INTO consumer_partitions (id, consumer, source, partition, fence, era, position, changed_at) \
            VALUES ($1, $2, $3, $4, 0, $5, $6, $7) ON CONFLICT (consumer, source, partition) DO NOTHING";
        let start = match consumer.start {
            Start::Oldest => Position::BEGINNING,
            Start::Now => log.end().await?,
        };
        let source = log.service();
        let make = move |tx: Tx| async move {
            for at in 0..PARTITIONS as i64 {
                if there.iter().any(|row| row.partition == at) {
                    continue;
                }
                let values = vec![
                    tx.new_id().into(),
                    consumer.name.into(),
                    source.into(),
                    at.into(),
                    start.era.into(),
                    start.number.into(),
                    tx.now().micros().into(),
                ];
                tx.execute_raw(statement(&tx, SQL, values)).await?;
            }
            adopt(&tx, consumer.name, source).await
        };
        bookkeeping(&self.store).write(make).await?;
        self.partitions(consumer.name, source).await
    }

    /// What was taken, and how far it was handled: who had it may have moved on since we looked.
    async fn take_and_release(
        &self,
        take: &[(&Partition, usize)],
        release: &[Uuid],
    ) -> Result<Vec<(usize, Position)>, StoreError> {
        const TAKE: &str =
            "UPDATE consumer_partitions SET owner = $1, fence = fence + 1, changed_at = $2 WHERE id = $3 AND fence = $4";
        const LET_GO: &str = "UPDATE consumer_partitions SET owner = NULL, changed_at = $1 WHERE id = $2 AND owner = $3";
        const LOOK: &str = "SELECT id, partition, owner, fence, era, position FROM consumer_partitions WHERE id = $1";
        let node = self.node;
        let change = move |tx: Tx| async move {
            let now = tx.now().micros();
            if !release.is_empty() {
                // Whoever waits for them takes them at once.
                tx.ring(BELL);
            }
            for id in release {
                tx.execute_raw(statement(&tx, LET_GO, vec![now.into(), (*id).into(), node.into()])).await?;
            }
            let mut taken = Vec::new();
            for (row, at) in take {
                let values = vec![node.into(), now.into(), row.id.into(), row.fence.into()];
                if tx.execute_raw(statement(&tx, TAKE, values)).await?.rows_affected() == 0 {
                    continue;
                }
                if let Some(found) = tx.query_one_raw(statement(&tx, LOOK, vec![row.id.into()])).await? {
                    let found = Partition::from_query_result(&found, "")?;
                    taken.push((*at, Position { era: found.era, number: found.position }));
                }
            }
            Ok::<_, StoreError>(taken)
        };
        bookkeeping(&self.store).write(change).await
    }
}

/// Deliveries of earlier versions know nothing of partitions and keys.
async fn adopt(tx: &Tx, consumer: &str, source: &str) -> Result<(), StoreError> {
    const OLD: &str = "SELECT id, tenant, event_id, subject FROM parked_events \
        WHERE consumer = $1 AND source = $2 AND era < 0 AND order_key = 0";
    const NEW: &str = "UPDATE parked_events SET id = $1, order_key = $2, partition = $3 WHERE id = $4";
    #[derive(FromQueryResult)]
    struct Old {
        id: Uuid,
        tenant: Uuid,
        event_id: Uuid,
        subject: String,
    }
    let rows = tx.query_all_raw(statement(tx, OLD, vec![consumer.into(), source.into()])).await?;
    for row in &rows {
        let old = Old::from_query_result(row, "")?;
        let key = event::order_key(old.tenant, &old.subject);
        let partition = event::partition_of(key) as i64;
        let values = vec![event::consumption(consumer, old.event_id).into(), key.into(), partition.into(), old.id.into()];
        tx.execute_raw(statement(tx, NEW, values)).await?;
    }
    Ok(())
}

/// Whose a partition is: the living in turn, each consumer beginning with another one.
fn wanted(living: &[Uuid], consumer: &str, source: &str, at: usize) -> Option<Uuid> {
    let shift = consumer.bytes().chain(source.bytes()).fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    living.get((at.wrapping_add(shift)) % living.len().max(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_divided_evenly() {
        let living: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        let owners: Vec<Uuid> = (0..PARTITIONS).filter_map(|at| wanted(&living, "mails", "identity", at)).collect();
        for node in &living {
            assert!((5..=6).contains(&owners.iter().filter(|owner| *owner == node).count()));
        }
        assert_eq!(wanted(&[], "mails", "identity", 0), None);
    }
}
