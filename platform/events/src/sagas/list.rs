//! Looking at sagas, and what a person may do about them.

use std::str::FromStr;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use serde::{Deserialize, Serialize};

use super::row::{COLUMNS, Row};
use super::start::drive_again;
use crate::jobs::list::Conditions;
use crate::jobs::{Board, BoardError, Page};
use crate::slice::Slice;

/// The sagas of one service.
#[derive(Clone, Debug)]
pub struct SagaBoard(Board);

/// Where a saga stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SagaState {
    Running,
    Compensating,
    /// For a person.
    Stuck,
    Done,
    Compensated,
}

impl SagaState {
    pub const ALL: [Self; 5] = [Self::Running, Self::Compensating, Self::Stuck, Self::Done, Self::Compensated];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::Stuck => "stuck",
            Self::Done => "done",
            Self::Compensated => "compensated",
        }
    }
}

/// No state has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such state; there are running, compensating, stuck, done, compensated")]
pub struct NoSuchState;

impl FromStr for SagaState {
    type Err = NoSuchState;

    fn from_str(word: &str) -> Result<Self, NoSuchState> {
        Self::ALL.into_iter().find(|state| state.word() == word).ok_or(NoSuchState)
    }
}

/// Which sagas to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SagaFilter {
    pub state: Option<SagaState>,
    pub name: Option<String>,
    /// Those that were started before this one.
    pub after: Option<Uuid>,
    /// 1 to 200; 50 if left out.
    pub limit: Option<u32>,
}

/// A saga with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SagaSheet {
    pub id: Uuid,
    pub tenant: Uuid,
    pub name: String,
    pub state: SagaState,
    /// Counts from 0: the step that is done next, or undone.
    pub step: i64,
    /// Of this step.
    pub attempts: u32,
    /// Somebody has asked to compensate it.
    pub compensate_asked: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The last hundred, the latest at the end.
    pub history: Vec<SagaEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SagaEvent {
    pub at: Timestamp,
    /// `done`, `failed`, `undone`, `undo failed`, `compensating`, `stuck`, `resumed`.
    pub what: String,
    pub step: String,
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl SagaBoard {
    /// Of all tenants, for those who run the installation.
    pub fn of_all(store: &Store) -> Self {
        Self(Board::of_all(store))
    }

    /// Of one tenant, for `by` who runs it.
    pub fn of_tenant(store: &Store, tenant: Uuid, by: Option<Uuid>) -> Self {
        Self(Board::of_tenant(store, tenant, by))
    }

    /// In the name of a person, whichever tenants are looked at.
    #[must_use]
    pub fn by(self, by: Uuid) -> Self {
        Self(self.0.by(by))
    }

    /// Why things are done from here on, for the audit log.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self(self.0.because(reason))
    }

    /// # Errors
    /// What the store says.
    pub async fn list(&self, filter: &SagaFilter) -> Result<Page<SagaSheet>, StoreError> {
        let page = self.conditions(filter).page(filter.after, filter.limit);
        let (sql, values) = (&format!("SELECT {COLUMNS} FROM sagas{}", page.sql), &page.values);
        let read = move |tx: Tx| async move {
            let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values.clone())).await?;
            Ok(rows.iter().map(Row::of).collect::<Result<Vec<Row>, DbErr>>()?)
        };
        let rows: Vec<Row> = self.0.rows().read::<_, StoreError, _, _>(read).await?;
        let items = rows.into_iter().map(sheet).collect::<Result<_, _>>()?;
        Ok(page.of(items, |sheet: &SagaSheet| sheet.id))
    }

    /// Some of them by their place in the list, and how many there are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn page(&self, filter: &SagaFilter, slice: Slice) -> Result<(Vec<SagaSheet>, u64), StoreError> {
        let conditions = &self.conditions(filter);
        let read = move |tx: Tx| async move {
            let total = conditions.count(&tx, "sagas").await?;
            let rows = conditions.at(&tx, COLUMNS, "sagas", slice).await?;
            let rows = rows.iter().map(Row::of).collect::<Result<Vec<Row>, DbErr>>()?;
            Ok::<_, StoreError>((rows.into_iter().map(sheet).collect::<Result<_, _>>()?, total))
        };
        self.0.rows().read(read).await
    }

    fn conditions(&self, filter: &SagaFilter) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.equal("tenant", self.0.tenant().map(Value::from));
        conditions.equal("state", filter.state.map(|state| state.word().into()));
        conditions.equal("name", filter.name.as_deref().map(Value::from));
        conditions
    }

    /// # Errors
    /// [`BoardError::NotFound`].
    pub async fn show(&self, id: Uuid) -> Result<SagaSheet, BoardError> {
        Ok(sheet(self.0.rows().read(move |tx| async move { self.find(&tx, id).await }).await?)?)
    }

    /// Lets a stuck saga go on the way it was on, its attempts counted anew. One that runs is given a driver, if it should have lost it.
    ///
    /// # Errors
    /// [`BoardError::NotFound`]; [`BoardError::WrongState`] for one that has ended.
    pub async fn resume(&self, id: Uuid) -> Result<SagaSheet, BoardError> {
        let resume = move |tx: Tx| async move {
            let mut row = self.take(&tx, id).await?;
            if row.has_ended() {
                return Err(BoardError::WrongState(row.state));
            }
            if row.state == "stuck" {
                row.state = if row.backwards { "compensating" } else { "running" }.to_owned();
                row.attempts = 0;
                row.note(tx.now(), "resumed", "-", None);
                row.save(&tx).await?;
            }
            drive_again(&tx, id).await?;
            self.0.audit(&tx, "saga.resumed", "saga", id, &row.name);
            self.find(&tx, id).await
        };
        Ok(sheet(self.rows_of(id).await?.write(resume).await?)?)
    }

    /// Undoes what a saga has done so far: a stuck one at once, one that runs before its next step.
    ///
    /// # Errors
    /// [`BoardError::NotFound`]; [`BoardError::WrongState`] for one that has ended or is being compensated;
    /// [`BoardError::NoReturn`].
    pub async fn compensate(&self, id: Uuid) -> Result<SagaSheet, BoardError> {
        let compensate = move |tx: Tx| async move {
            let mut row = self.take(&tx, id).await?;
            let behind = row.no_return.is_some_and(|place| row.step >= place);
            match row.state.as_str() {
                "running" | "stuck" if behind => return Err(BoardError::NoReturn),
                "running" => row.compensate_asked = true,
                "stuck" => {
                    (row.state, row.attempts) = ("compensating".to_owned(), 0);
                    row.note(tx.now(), "compensating", "-", None);
                }
                _ => return Err(BoardError::WrongState(row.state)),
            }
            row.save(&tx).await?;
            drive_again(&tx, id).await?;
            self.0.audit(&tx, "saga.compensated", "saga", id, &row.name);
            self.find(&tx, id).await
        };
        Ok(sheet(self.rows_of(id).await?.write(compensate).await?)?)
    }

    async fn rows_of(&self, id: Uuid) -> Result<Rows, BoardError> {
        Ok(self.0.rows_of(self.show(id).await?.tenant))
    }

    async fn find(&self, tx: &Tx, id: Uuid) -> Result<Row, BoardError> {
        self.own(Row::find(tx, id).await?)
    }

    async fn take(&self, tx: &Tx, id: Uuid) -> Result<Row, BoardError> {
        self.own(Row::take(tx, id).await?)
    }

    fn own(&self, row: Option<Row>) -> Result<Row, BoardError> {
        let row = row.ok_or(BoardError::NotFound)?;
        // Another tenant's is none.
        if self.0.tenant().is_some_and(|tenant| tenant != row.tenant) { Err(BoardError::NotFound) } else { Ok(row) }
    }
}

fn sheet(row: Row) -> Result<SagaSheet, StoreError> {
    let state = SagaState::ALL.into_iter().find(|state| state.word() == row.state);
    let history = row.history.into_iter().filter_map(|event| serde_json::from_value(event).ok()).collect();
    Ok(SagaSheet {
        id: row.id,
        tenant: row.tenant,
        name: row.name,
        state: state.ok_or_else(|| StoreError::Database(format!("a saga in the unknown state `{}`", row.state)))?,
        step: row.step,
        attempts: row.attempts,
        compensate_asked: row.compensate_asked,
        created_at: row.created_at,
        updated_at: row.updated_at,
        history,
    })
}
