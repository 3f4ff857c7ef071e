//! Where a relay stands, in the service's own database: the places of its partitions, and what the sink acknowledged last.

use banyan_kernel::Uuid;
use banyan_store::log::Position;
use banyan_store::{ColumnType, Policy, Store, StoreError, Table, Tx};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::ownership::{BELL, bookkeeping, statement};
use super::sink::{Last, Mark};

/// What each sink has acknowledged last.
pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::installation("relay_marks", Policy::system())
            .column("name", ColumnType::Text)
            .column("identity", ColumnType::Text)
            .column("sequence", ColumnType::Integer)
            .optional("event_id", ColumnType::Uuid)
            .unique(&["name"]),
    ]
}

#[derive(FromQueryResult)]
struct Row {
    identity: String,
    sequence: i64,
    event_id: Option<Uuid>,
}

pub(super) async fn read(store: &Store, name: &'static str) -> Result<Option<Mark>, StoreError> {
    bookkeeping(store).read(move |tx: Tx| async move { find(&tx, name).await }).await
}

async fn find(tx: &Tx, name: &str) -> Result<Option<Mark>, StoreError> {
    const SQL: &str = "SELECT identity, sequence, event_id FROM relay_marks WHERE name = $1";
    let Some(row) = tx.query_one_raw(statement(tx, SQL, vec![name.into()])).await? else { return Ok(None) };
    let row = Row::from_query_result(&row, "")?;
    let last = row.event_id.map(|event| Last { sequence: row.sequence.unsigned_abs(), event });
    Ok(Some(Mark { identity: row.identity, last }))
}

/// The first time. Another process may have been faster.
pub(super) async fn create(tx: &Tx, name: &str, mark: &Mark) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO relay_marks (id, name, identity, sequence) VALUES ($1, $2, $3, 0) ON CONFLICT (name) DO NOTHING";
    tx.execute_raw(statement(tx, SQL, vec![tx.new_id().into(), name.into(), mark.identity.clone().into()])).await?;
    Ok(())
}

/// Only forward: processes that own different partitions write it in any order. False where the sink's identity is another one by now:
/// then what it acknowledged under the one before may be lost, and whoever found that out did not know of it.
pub(super) async fn note(tx: &Tx, name: &str, mark: &Mark) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE relay_marks SET event_id = CASE WHEN sequence < $1 THEN $2 ELSE event_id END, \
        sequence = CASE WHEN sequence < $1 THEN $1 ELSE sequence END WHERE name = $3 AND identity = $4";
    let sequence = mark.last.map_or(0, |last| stored(last.sequence));
    let event = mark.last.map(|last| last.event);
    let values = vec![sequence.into(), event.into(), name.into(), mark.identity.clone().into()];
    Ok(tx.execute_raw(statement(tx, SQL, values)).await?.rows_affected() > 0)
}

/// Nothing was lost, but the sink is another one to its own mind. False where another process noted something since `noted` was read.
pub(super) async fn rename(tx: &Tx, name: &str, noted: &Mark, new: &Mark) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE relay_marks SET identity = $1 WHERE name = $2 AND identity = $3 AND sequence <= $4";
    let sequence = noted.last.map_or(0, |last| stored(last.sequence));
    let values = vec![new.identity.clone().into(), name.into(), noted.identity.clone().into(), sequence.into()];
    Ok(tx.execute_raw(statement(tx, SQL, values)).await?.rows_affected() > 0)
}

fn stored(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// Sets all places back and takes them from whoever has them; false where another process did it since `noted` was read.
pub(super) async fn start_over(tx: &Tx, service: &str, name: &str, noted: Option<&Mark>, new: &Mark) -> Result<bool, StoreError> {
    const BACK: &str = "UPDATE consumer_partitions SET era = $1, position = $2, owner = NULL, fence = fence + 1 \
        WHERE consumer = $3 AND source = $4";
    const MARK: &str = "UPDATE relay_marks SET identity = $1, sequence = 0, event_id = NULL \
        WHERE name = $2 AND identity = $3 AND sequence <= $4";
    let Some(noted) = noted else { return Ok(false) };
    let sequence = noted.last.map_or(0, |last| stored(last.sequence));
    let values = vec![new.identity.clone().into(), name.into(), noted.identity.clone().into(), sequence.into()];
    if tx.execute_raw(statement(tx, MARK, values)).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let start = Position::BEGINNING;
    let values = vec![start.era.into(), start.number.into(), name.into(), service.into()];
    tx.execute_raw(statement(tx, BACK, values)).await?;
    tx.ring(BELL);
    Ok(true)
}

/// Moves what `node` owns, never back; says how many partitions these are.
pub(super) async fn move_places(tx: &Tx, service: &str, name: &str, node: Uuid, end: Position) -> Result<u64, StoreError> {
    const SQL: &str = "UPDATE consumer_partitions SET changed_at = $1, \
        era = CASE WHEN (era, position) < ($2, $3) THEN $2 ELSE era END, \
        position = CASE WHEN (era, position) < ($2, $3) THEN $3 ELSE position END \
        WHERE consumer = $4 AND source = $5 AND owner = $6";
    let values = vec![tx.now().micros().into(), end.era.into(), end.number.into(), name.into(), service.into(), node.into()];
    Ok(tx.execute_raw(statement(tx, SQL, values)).await?.rows_affected())
}

/// The places of all partitions together.
pub(super) struct Places {
    pub(super) least: Position,
    pub(super) owners: Vec<Uuid>,
}

pub(super) async fn places(store: &Store, name: &'static str) -> Result<Places, StoreError> {
    const SQL: &str = "SELECT owner, era, position FROM consumer_partitions WHERE consumer = $1 AND source = $2";
    #[derive(FromQueryResult)]
    struct Partition {
        owner: Option<Uuid>,
        era: i64,
        position: i64,
    }
    let service = store.service();
    let read = move |tx: Tx| async move {
        let rows = tx.query_all_raw(statement(&tx, SQL, vec![name.into(), service.into()])).await?;
        rows.iter().map(|row| Partition::from_query_result(row, "").map_err(StoreError::from)).collect::<Result<Vec<_>, _>>()
    };
    let rows = bookkeeping(store).read(read).await?;
    let least = rows.iter().map(|row| Position { era: row.era, number: row.position }).min();
    let mut owners: Vec<Uuid> = rows.iter().filter_map(|row| row.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    Ok(Places { least: least.unwrap_or(Position::BEGINNING), owners })
}
