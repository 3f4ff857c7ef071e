//! A service's log: the events of its committed transactions, in an order that a reader may follow without skipping any.
//!
//! **SQLite** has one writer, which counts: the order of positions is that of commits.
//!
//! **PostgreSQL** gives out sequence numbers, and even transaction ids, in another order than transactions commit in. So each event has an
//! *era*: the highest transaction id that was taken when it was written, its own transaction's included. A reader follows `(era, position)`
//! and reads only eras below `pg_snapshot_xmin`, the oldest transaction that still runs. What is written later has an era of at least that
//! one, so nothing appears behind a reader. And what was written by somebody who had seen an event's commit has no lower era than that
//! event, and a higher position: cause comes before effect, whichever transaction began first. The price: while a writing transaction
//! runs (anywhere on the PostgreSQL server), later events wait for its end.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::{Statement, Value};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::rows::Mode;
use crate::store::{EngineKind, Store};
use crate::tx::Then;

/// How often the log is looked at for what other processes wrote, on PostgreSQL.
pub const POLL: Duration = Duration::from_millis(50);
/// The same where nothing was written for some seconds: most logs are quiet most of the time, and each look is a transaction.
const QUIET_POLL: Duration = Duration::from_millis(200);
/// The same where other processes tell of what they write, for what a dying one did not tell.
const TOLD_POLL: Duration = Duration::from_secs(2);
/// What is committed in such a time is looked for once.
const TOGETHER: Duration = Duration::from_millis(20);
/// Looks without anything new before it counts as quiet: five seconds.
const QUIET_LOOKS: u32 = 100;

/// A place in a service's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 0 on SQLite.
    pub era: i64,
    pub number: i64,
}

impl Position {
    /// Before all that is to be handled; what was handled before there was a log stands before it.
    pub const BEGINNING: Self = Self { era: 0, number: 0 };
    /// Before everything.
    pub const OLDEST: Self = Self { era: i64::MIN, number: 0 };

    /// The place right before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Self { number: self.number.saturating_sub(1), ..self }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.era, self.number)
    }
}

/// Not a position as they are written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no position: write it as it is shown, for example `0/42`")]
pub struct NoPosition(String);

impl std::str::FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let parts = text.split_once('/').and_then(|(era, number)| Some((era.parse().ok()?, number.parse().ok()?)));
        parts.map(|(era, number)| Self { era, number }).ok_or_else(|| NoPosition(text.to_owned()))
    }
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub tenant: Uuid,
    pub kind: String,
    pub version: i64,
    pub subject: String,
    pub occurred_at: i64,
    pub era: i64,
    pub position: i64,
    /// JSON.
    pub data: Document,
}

crate::record!(Entry { id, tenant, kind, version, subject, occurred_at, era, position, data });

impl Entry {
    pub fn place(&self) -> Position {
        Position { era: self.era, number: self.position }
    }
}

/// A JSON document that is not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(pub Vec<u8>);

impl crate::record::Field for Document {
    fn from_cell(cell: crate::record::Cell<'_>) -> Option<Self> {
        match cell {
            crate::record::Cell::Json(text) => Some(Self(text.to_vec())),
            _ => None,
        }
    }
}

/// What the process knows of its own log.
pub(crate) struct LogState {
    /// The last position that was given out; SQLite only.
    position: AtomicI64,
    published: AtomicU64,
    /// Changes whenever there may be something new.
    woken: watch::Sender<u64>,
    polled: AtomicBool,
}

impl LogState {
    pub(crate) fn after(position: i64) -> Self {
        let woken = watch::Sender::new(0);
        Self { position: AtomicI64::new(position), published: AtomicU64::new(0), woken, polled: AtomicBool::new(false) }
    }

    pub(crate) fn next_position(&self) -> i64 {
        self.position.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// After a commit.
    pub(crate) fn published(&self, count: usize) {
        self.published.fetch_add(count as u64, Ordering::Relaxed);
        self.wake();
    }

    pub(crate) fn wake(&self) {
        self.woken.send_modify(|times| *times = times.wrapping_add(1));
    }
}

/// The log of one service, for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Log {
    store: Store,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    era: i64,
    position: i64,
}

crate::record!(Place { era, position });

#[derive(Clone, Copy, Debug)]
struct Count {
    count: i64,
}

crate::record!(Count { count });

/// A follower of a log, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    pub reader: String,
    pub era: i64,
    pub position: i64,
    pub seen_at: i64,
}

crate::record!(Follower { reader, era, position, seen_at });

const ENTRY: &str = "id, tenant, type AS kind, version, subject, occurred_at, era, position, data";
/// Eras that no transaction can add to any more.
const SETTLED: &str = "era < (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)";

impl Store {
    /// The service's own log.
    pub fn log(&self) -> Log {
        Log { store: self.clone() }
    }

    /// One statement over all tenants, for the store's own bookkeeping.
    async fn execute_as_platform(&self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let tx = self.begin_platform(Mode::Write).await?;
        match tx.run_execute(&Statement::from_sql_and_values(tx.backend(), sql, values)).await {
            Ok(changed) => tx.0.session.commit().await.map(|()| changed),
            Err(error) => {
                tx.0.session.rollback().await;
                Err(error)
            }
        }
    }
}

impl Log {
    /// Whose it is.
    pub fn service(&self) -> &'static str {
        self.store.service()
    }

    /// At most `limit` events after `after`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn read(&self, after: Position, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let (settled, limit) = (self.settled("AND "), i64::from(limit));
        let sql =
            format!("SELECT {ENTRY} FROM outbox WHERE (era, position) > ($1, $2) {settled} ORDER BY era, position LIMIT $3");
        self.records(&sql, vec![after.era.into(), after.number.into(), limit.into()]).await
    }

    /// One event, wherever it stands.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn find(&self, id: Uuid) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE id = $1");
        Ok(self.records(&sql, vec![id.into()]).await?.into_iter().next())
    }

    /// Where the log ends for readers.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn end(&self) -> Result<Position, StoreError> {
        let settled = self.settled("WHERE ");
        let sql = format!("SELECT era, position FROM outbox {settled} ORDER BY era DESC, position DESC LIMIT 1");
        let found: Vec<Place> = self.records(&sql, Vec::new()).await?;
        Ok(found.first().map_or(Position::BEGINNING, |place| Position { era: place.era, number: place.position }))
    }

    /// The place before the first event that happened at `time` or later.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn place_at(&self, time: Timestamp) -> Result<Position, StoreError> {
        const SQL: &str = "SELECT era, position FROM outbox WHERE occurred_at >= $1 ORDER BY era, position LIMIT 1";
        let found: Vec<Place> = self.records(SQL, vec![time.micros().into()]).await?;
        match found.first() {
            Some(place) => Ok(Position { era: place.era, number: place.position }.before()),
            None => self.end().await,
        }
    }

    /// How many events stand after `after`, counted up to `most`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn count_after(&self, after: Position, kinds: &[&str], most: u32) -> Result<u64, StoreError> {
        let places: Vec<String> = (0..kinds.len()).map(|at| format!("${}", at + 4)).collect();
        let sql = format!(
            "SELECT COUNT(*) AS count FROM (SELECT 1 FROM outbox WHERE (era, position) > ($1, $2) AND type IN ({}) LIMIT $3) AS counted",
            places.join(", ")
        );
        let mut values: Vec<Value> = vec![after.era.into(), after.number.into(), i64::from(most).into()];
        values.extend(kinds.iter().map(|kind| Value::from(*kind)));
        let found: Vec<Count> = self.records(&sql, values).await?;
        Ok(found.first().map_or(0, |row| row.count.unsigned_abs()))
    }

    /// The same for all types.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn count_all_after(&self, after: Position, most: u32) -> Result<u64, StoreError> {
        const SQL: &str =
            "SELECT COUNT(*) AS count FROM (SELECT 1 FROM outbox WHERE (era, position) > ($1, $2) LIMIT $3) AS counted";
        let values = vec![after.era.into(), after.number.into(), i64::from(most).into()];
        let found: Vec<Count> = self.records(SQL, values).await?;
        Ok(found.first().map_or(0, |row| row.count.unsigned_abs()))
    }

    /// Whether committed events wait for transactions that still run. Never on SQLite.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn is_unsettled(&self) -> Result<bool, StoreError> {
        const SQL: &str =
            "SELECT COUNT(*) AS count FROM outbox WHERE era >= (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)";
        if self.store.kind() == EngineKind::Sqlite {
            return Ok(false);
        }
        let found: Vec<Count> = self.records(SQL, Vec::new()).await?;
        Ok(found.first().is_some_and(|row| row.count > 0))
    }

    /// Changes after each commit of this process that published something, and after what [`Log::poll`] finds.
    pub fn woken(&self) -> watch::Receiver<u64> {
        self.store.0.log.woken.subscribe()
    }

    /// Makes whoever follows look again.
    pub fn wake(&self) {
        self.store.0.log.wake();
    }

    /// Events that this process published since it began.
    pub fn published(&self) -> u64 {
        self.store.0.log.published.load(Ordering::Relaxed)
    }

    /// Looks for what other processes wrote, until `stop` becomes true; at once over where there are none (SQLite), or where somebody
    /// else in this process does it.
    pub async fn poll(&self, mut stop: watch::Receiver<bool>) {
        let state = &self.store.0.log;
        if self.store.kind() == EngineKind::Sqlite || state.polled.swap(true, Ordering::AcqRel) {
            return;
        }
        let (mut known, mut woken, mut looks) = (None, self.woken(), 0_u32);
        while !*stop.borrow() {
            looks = looks.saturating_add(1);
            // What is written from here on is looked for again.
            woken.borrow_and_update();
            let found = self.end().await;
            match &found {
                Ok(end) if known != Some(*end) => {
                    (known, looks) = (Some(*end), 0);
                    state.wake();
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(service = self.service(), %error, "the log cannot be looked at; trying again"),
            }
            // What waits for the end of other transactions is told by nobody.
            let is_told = found.is_ok() && self.store.is_told() && !self.is_unsettled().await.unwrap_or(true);
            let (pause, may_be_woken) = match is_told {
                true => (TOLD_POLL, true),
                false if looks >= QUIET_LOOKS => (QUIET_POLL, true),
                false => (POLL, false),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // What this process writes settles when others end, so there is something to look for.
                _ = woken.changed(), if may_be_woken => {
                    looks = 0;
                    if is_told {
                        tokio::time::sleep(TOGETHER).await;
                    }
                }
                _ = stop.changed() => {}
            }
        }
        state.polled.store(false, Ordering::Release);
    }

    /// Notes how far a reader has come: nothing after that is tidied away.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn note_reader(&self, reader: &str, at: Position) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO log_readers (id, reader, era, position, seen_at) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (reader) DO UPDATE SET era = excluded.era, position = excluded.position, seen_at = excluded.seen_at";
        let environment = self.store.environment();
        let (id, now) = (environment.ids.next(), environment.clock.now().micros());
        let values = vec![id.into(), reader.into(), at.era.into(), at.number.into(), now.into()];
        self.store.execute_as_platform(SQL, values).await.map(drop)
    }

    /// Forgets a reader that will not come back, so that it holds nothing up any more; false if there is none of that name.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn forget_reader(&self, reader: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM log_readers WHERE reader = $1";
        Ok(self.store.execute_as_platform(sql, vec![reader.into()]).await? > 0)
    }

    /// Those who follow.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn readers(&self) -> Result<Vec<Follower>, StoreError> {
        self.records("SELECT reader, era, position, seen_at FROM log_readers ORDER BY reader", Vec::new()).await
    }

    /// Deletes events that happened before `before` and that every reader has passed; says how many. The last one always stays: it
    /// says where the log goes on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn tidy(&self, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str =
            "DELETE FROM outbox WHERE occurred_at < $1 AND (era, position) <= ($2, $3) AND (era, position) < ($4, $5)";
        let end = self.end().await?;
        let readers = self.readers().await?;
        let passed = readers.iter().map(|reader| Position { era: reader.era, number: reader.position }).min().unwrap_or(end);
        let values = vec![before.micros().into(), passed.era.into(), passed.number.into(), end.era.into(), end.number.into()];
        self.store.execute_as_platform(SQL, values).await
    }

    /// Of events of these types keeps only the last one about each subject, among those that every reader has passed and that happened
    /// before `before`; says how many went.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn compact(&self, kind: &str, before: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM outbox WHERE type = $1 AND occurred_at < $2 AND (era, position) <= ($3, $4) AND EXISTS \
            (SELECT 1 FROM outbox later WHERE later.type = outbox.type AND later.tenant = outbox.tenant \
             AND later.subject = outbox.subject AND (later.era, later.position) > (outbox.era, outbox.position))";
        let end = self.end().await?;
        let readers = self.readers().await?;
        let passed = readers.iter().map(|reader| Position { era: reader.era, number: reader.position }).min().unwrap_or(end);
        let values = vec![kind.into(), before.micros().into(), passed.era.into(), passed.number.into()];
        self.store.execute_as_platform(SQL, values).await
    }

    fn settled(&self, word: &str) -> String {
        match self.store.kind() {
            EngineKind::Sqlite => String::new(),
            EngineKind::Postgres => format!("{word}{SETTLED}"),
        }
    }

    async fn records<R: crate::record::Record>(&self, sql: &str, values: Vec<Value>) -> Result<Vec<R>, StoreError> {
        let tx = self.store.begin_platform(Mode::Read).await?;
        tx.run_records(&Statement::from_sql_and_values(tx.backend(), sql, values), Then::End).await
    }
}
