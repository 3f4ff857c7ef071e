//! Looking at jobs, and what a person may do about them.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Rows, Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

use super::enqueue::{BELL, Enqueued, insert_kind};
use super::handler::Jobs;
use super::job::Priority;
use super::listed::{JobFailure, JobSheet, JobState, ScheduleLine};
use super::record::execute;
use crate::slice::Slice;

const COLUMNS: &str = "id, tenant, kind, queue, state, priority, attempts, created_at, due_at, started_at, ended_at, percent, \
    message, cancel_asked, errors, payload";
/// The most on one page.
const LARGEST_PAGE: u32 = 200;

/// The jobs of one service.
#[derive(Clone, Debug)]
pub struct Board {
    rows: Rows,
    tenant: Option<Uuid>,
    /// Who looks: it stands in the audit log beside the service itself.
    by: Option<Uuid>,
    /// Why they act, as they say.
    reason: Option<String>,
}

/// Which jobs to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    pub state: Option<JobState>,
    pub kind: Option<String>,
    /// Those that were made before this one.
    pub after: Option<Uuid>,
    /// 1 to 200; 50 if left out.
    pub limit: Option<u32>,
}

/// Some of them, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Ask for what comes after this one; nothing where this is the last page.
    pub next: Option<Uuid>,
}

/// What was asked for cannot be done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BoardError {
    #[error("there is none with this id here")]
    NotFound,
    #[error("it is {0} now")]
    WrongState(String),
    /// A job that drives a saga cannot be cancelled.
    #[error("it drives a saga; compensate that")]
    DrivesSaga,
    /// A saga behind its point of no return cannot be undone.
    #[error("it is behind its point of no return")]
    NoReturn,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for BoardError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Board {
    /// Of all tenants, for those who run the installation.
    pub fn of_all(store: &Store) -> Self {
        Self { rows: store.system(Uuid::nil()), tenant: None, by: None, reason: None }
    }

    /// Of one tenant, for `by` who runs it.
    pub fn of_tenant(store: &Store, tenant: Uuid, by: Option<Uuid>) -> Self {
        Self { rows: store.system(tenant), tenant: Some(tenant), by, reason: None }
    }

    /// In the name of a person, whichever tenants are looked at.
    #[must_use]
    pub fn by(self, by: Uuid) -> Self {
        Self { by: Some(by), ..self }
    }

    /// Why things are done from here on, for the audit log.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// What is done to a tenant's stands in its own audit log, and what is enqueued by it is its own.
    pub(crate) fn rows_of(&self, tenant: Uuid) -> Rows {
        self.rows.store().system(tenant)
    }

    pub(crate) fn tenant(&self) -> Option<Uuid> {
        self.tenant
    }

    /// # Errors
    /// What the store says.
    pub async fn list(&self, filter: &Filter) -> Result<Page<JobSheet>, StoreError> {
        let page = self.conditions(filter).page(filter.after, filter.limit);
        let (sql, values) = (&format!("SELECT {COLUMNS} FROM jobs{}", page.sql), &page.values);
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values.clone())).await?;
            rows.iter().map(|row| sheet(row).map(|sheet| JobSheet { payload: None, ..sheet })).collect()
        };
        let items: Vec<JobSheet> = self.rows.read(read).await?;
        Ok(page.of(items, |sheet| sheet.id))
    }

    /// Some of them by their place in the list, and how many there are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn page(&self, filter: &Filter, slice: Slice) -> Result<(Vec<JobSheet>, u64), StoreError> {
        let conditions = &self.conditions(filter);
        let read = move |tx: Tx| async move {
            let total = conditions.count(&tx, "jobs").await?;
            let rows = conditions.at(&tx, COLUMNS, "jobs", slice).await?;
            let sheets = rows.iter().map(|row| sheet(row).map(|sheet| JobSheet { payload: None, ..sheet }));
            Ok::<_, StoreError>((sheets.collect::<Result<_, _>>()?, total))
        };
        self.rows.read(read).await
    }

    fn conditions(&self, filter: &Filter) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("tenant", self.tenant.map(Value::from));
        conditions.equal("state", filter.state.map(|state| state.word().into()));
        conditions.equal("kind", filter.kind.as_deref().map(Value::from));
        conditions
    }

    /// # Errors
    /// [`BoardError::NotFound`].
    pub async fn show(&self, id: Uuid) -> Result<JobSheet, BoardError> {
        self.rows.read(move |tx| async move { self.find(&tx, id).await }).await
    }

    /// Has a job done again, or now, that failed, was cancelled, or waits. All its attempts begin anew.
    ///
    /// # Errors
    /// [`BoardError::NotFound`]; [`BoardError::WrongState`] for one that runs, will run anyway, or is done.
    pub async fn retry(&self, id: Uuid) -> Result<JobSheet, BoardError> {
        const SQL: &str = "UPDATE jobs SET state = 'ready', attempts = 0, due_at = $1, ended_at = NULL, cancel_asked = $2, \
            percent = NULL, message = NULL WHERE id = $3 AND state IN ('failed', 'cancelled', 'waiting')";
        let retry = move |tx: Tx| async move {
            let sheet = self.find(&tx, id).await?;
            if execute(&tx, SQL, [tx.now().micros().into(), false.into(), id.into()]).await? == 0 {
                return Err(BoardError::WrongState(sheet.state.word().to_owned()));
            }
            self.audit(&tx, "job.retried", "job", id, &sheet.kind);
            tx.ring(BELL);
            self.find(&tx, id).await
        };
        self.rows_of(self.show(id).await?.tenant).write(retry).await
    }

    /// Cancels a job: at once where it does not run, else as soon as its handler hears of it, within 6 s or so.
    ///
    /// # Errors
    /// [`BoardError::NotFound`]; [`BoardError::WrongState`] for one that has ended; [`BoardError::DrivesSaga`].
    pub async fn cancel(&self, id: Uuid) -> Result<JobSheet, BoardError> {
        const AT_ONCE: &str = "UPDATE jobs SET state = 'cancelled', ended_at = $1, unique_key = NULL \
            WHERE id = $2 AND state IN ('ready', 'waiting')";
        const ASK: &str = "UPDATE jobs SET cancel_asked = $1 WHERE id = $2 AND state = 'running'";
        let cancel = move |tx: Tx| async move {
            let sheet = self.find(&tx, id).await?;
            if sheet.kind == crate::sagas::KIND && !matches!(sheet.state, JobState::Done | JobState::Failed | JobState::Cancelled)
            {
                return Err(BoardError::DrivesSaga);
            }
            let changed = execute(&tx, AT_ONCE, [tx.now().micros().into(), id.into()]).await?;
            if changed == 0 && execute(&tx, ASK, [true.into(), id.into()]).await? == 0 {
                return Err(BoardError::WrongState(sheet.state.word().to_owned()));
            }
            self.audit(&tx, "job.cancelled", "job", id, &sheet.kind);
            self.find(&tx, id).await
        };
        self.rows_of(self.show(id).await?.tenant).write(cancel).await
    }

    /// # Errors
    /// What the store says.
    pub async fn schedules(&self) -> Result<Vec<ScheduleLine>, StoreError> {
        const SQL: &str = "SELECT name, cron, zone, next_at, last_at FROM job_schedules ORDER BY name LIMIT 1000";
        let line = |row: &QueryResult| {
            Ok(ScheduleLine {
                name: row.try_get("", "name")?,
                cron: row.try_get("", "cron")?,
                zone: row.try_get("", "zone")?,
                next_at: time(row, "next_at")?,
                last_at: optional_time(row, "last_at")?,
            })
        };
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?;
            Ok(rows.iter().map(line).collect::<Result<_, DbErr>>()?)
        };
        self.rows.read(read).await
    }

    /// Does what a schedule does, now and once more; when it is due next stays as it was.
    ///
    /// # Errors
    /// [`BoardError::NotFound`] where `jobs` has no schedule of this name; what the store says.
    pub async fn run_schedule(&self, jobs: &Jobs, name: &str) -> Result<JobSheet, BoardError> {
        let schedule = jobs.schedules.iter().find(|schedule| schedule.name == name).ok_or(BoardError::NotFound)?;
        let run = move |tx: Tx| async move {
            let payload = (schedule.make)(tx.now());
            let Enqueued::New(id) = insert_kind(&tx, schedule.kind, schedule.queue, payload).await? else {
                return Err(StoreError::Conflict.into());
            };
            self.audit(&tx, "schedule.run", "job", id, schedule.kind);
            self.find(&tx, id).await
        };
        self.rows_of(Uuid::nil()).write(run).await
    }

    async fn find(&self, tx: &Tx, id: Uuid) -> Result<JobSheet, BoardError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
        let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [id.into()])).await?;
        let sheet = row.as_ref().map(sheet).transpose()?.ok_or(BoardError::NotFound)?;
        // Another tenant's is none.
        if self.tenant.is_some_and(|tenant| tenant != sheet.tenant) { Err(BoardError::NotFound) } else { Ok(sheet) }
    }

    pub(crate) fn audit(&self, tx: &Tx, action: &str, object: &str, id: Uuid, kind: &str) {
        tx.audit(
            Record::new(action)
                .object(object, id)
                .detail(serde_json::json!({ "kind": kind, "by": self.by, "reason": self.reason })),
        );
    }
}

pub(crate) fn time(row: &QueryResult, column: &str) -> Result<Timestamp, DbErr> {
    row.try_get("", column).map(Timestamp::from_micros)
}

fn optional_time(row: &QueryResult, column: &str) -> Result<Option<Timestamp>, DbErr> {
    Ok(row.try_get::<Option<i64>>("", column)?.map(Timestamp::from_micros))
}

fn sheet(row: &QueryResult) -> Result<JobSheet, StoreError> {
    let state: String = row.try_get("", "state")?;
    let errors: serde_json::Value = row.try_get("", "errors")?;
    let percent: Option<i64> = row.try_get("", "percent")?;
    Ok(JobSheet {
        id: row.try_get("", "id")?,
        tenant: row.try_get("", "tenant")?,
        kind: row.try_get("", "kind")?,
        queue: row.try_get("", "queue")?,
        state: state.parse().map_err(|_| StoreError::Database(format!("a job in the unknown state `{state}`")))?,
        priority: Priority::of(row.try_get("", "priority")?).word().to_owned(),
        attempts: u32::try_from(row.try_get::<i64>("", "attempts")?).unwrap_or(u32::MAX),
        created_at: time(row, "created_at")?,
        due_at: time(row, "due_at")?,
        started_at: optional_time(row, "started_at")?,
        ended_at: optional_time(row, "ended_at")?,
        percent: percent.and_then(|percent| u8::try_from(percent).ok()),
        message: row.try_get("", "message")?,
        cancel_asked: row.try_get("", "cancel_asked")?,
        errors: serde_json::from_value::<Vec<JobFailure>>(errors).unwrap_or_default(),
        payload: row.try_get("", "payload")?,
    })
}

/// What stands behind `WHERE`.
#[derive(Default)]
pub(crate) struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

/// The end of a statement that asks for one page, and one more row to see whether there is another.
pub(crate) struct Paging {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
    limit: usize,
}

impl Conditions {
    pub(crate) fn equal(&mut self, column: &str, value: Option<Value>) {
        self.compare(column, "=", value);
    }

    fn compare(&mut self, column: &str, how: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.values.push(value);
            self.texts.push(format!("{column} {how} ${}", self.values.len()));
        }
    }

    fn filter(&self) -> String {
        if self.texts.is_empty() { String::new() } else { format!(" WHERE {}", self.texts.join(" AND ")) }
    }

    /// How many rows there are.
    pub(crate) async fn count(&self, tx: &Tx, table: &str) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) AS number FROM {table}{}", self.filter());
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, self.values.clone());
        let row = tx.query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get::<i64>("", "number")).transpose()?.unwrap_or_default().unsigned_abs())
    }

    pub(crate) async fn at(&self, tx: &Tx, columns: &str, table: &str, slice: Slice) -> Result<Vec<QueryResult>, StoreError> {
        let sql = format!("SELECT {columns} FROM {table}{}{}", self.filter(), slice.sql("created_at"));
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, self.values.clone());
        Ok(tx.query_all_raw(statement).await?)
    }

    pub(crate) fn page(mut self, after: Option<Uuid>, limit: Option<u32>) -> Paging {
        self.compare("id", "<", after.map(Value::from));
        let limit = limit.unwrap_or(50).clamp(1, LARGEST_PAGE);
        let filter = self.filter();
        let sql = format!("{filter} ORDER BY id DESC LIMIT {}", limit + 1);
        Paging { sql, values: self.values, limit: limit as usize }
    }
}

impl Paging {
    pub(crate) fn of<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next = items.last().filter(|_| more).map(id);
        Page { items, next }
    }
}
