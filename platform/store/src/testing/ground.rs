//! One way to drive either engine: rows planted past the guard, statements attempted as somebody and undone.

use std::collections::BTreeMap;

use sea_orm::{DbBackend, ProxyRow, Statement, Value};

use super::{PostgresGround, Row, SqliteGround, Who};
use crate::error::StoreError;
use crate::schema::Table;
use crate::store::EngineKind;

/// A statement for both engines: parameters are `$1`, `$2`, ….
#[derive(Clone, Debug)]
pub struct Act {
    pub sql: String,
    pub values: Vec<Value>,
    /// Whether its rows are asked for, or how many rows it changed.
    pub wants: Wants,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    Rows,
    Count,
}

/// What a statement answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Rows(Vec<Row>),
    Count(u64),
}

/// Answers in order, and afterwards all rows of the tables that were asked for, hidden ones too.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub answers: Vec<Result<Answer, StoreError>>,
    pub tables: BTreeMap<String, Vec<Row>>,
}

/// A database of its own with declared tables and their policies, as the store makes it.
#[derive(Debug)]
pub enum Ground {
    Sqlite(SqliteGround),
    Postgres(PostgresGround),
}

impl Act {
    pub fn rows(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values, wants: Wants::Rows }
    }

    pub fn count(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values, wants: Wants::Count }
    }

    pub(super) fn statement(&self, backend: DbBackend) -> Statement {
        Statement::from_sql_and_values(backend, &self.sql, self.values.clone())
    }
}

impl Ground {
    pub fn kind(&self) -> EngineKind {
        match self {
            Self::Sqlite(_) => EngineKind::Sqlite,
            Self::Postgres(_) => EngineKind::Postgres,
        }
    }

    pub fn tables(&self) -> &[Table] {
        match self {
            Self::Sqlite(ground) => ground.tables(),
            Self::Postgres(ground) => ground.tables(),
        }
    }

    /// Puts rows there past the guard, and keeps them. Keys and unique indexes still hold.
    ///
    /// # Errors
    /// What the engine says; then none of the rows is there.
    pub async fn plant(&mut self, table: &str, rows: &[Row]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(ground) => ground.plant(table, rows),
            Self::Postgres(ground) => ground.plant(table, rows).await,
        }
    }

    /// Removes every row of every table.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn clear(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(ground) => ground.clear(),
            Self::Postgres(ground) => ground.clear().await,
        }
    }

    /// Runs the acts in one transaction as `who`, looks at `tables` past the guard, and undoes everything. An act that fails
    /// does not end the transaction.
    ///
    /// # Errors
    /// When the transaction itself cannot be run.
    pub async fn attempt(&mut self, who: &Who, acts: &[Act], tables: &[&str]) -> Result<Attempt, StoreError> {
        match self {
            Self::Sqlite(ground) => ground.attempt(who, acts, tables),
            Self::Postgres(ground) => ground.attempt(who, acts, tables).await,
        }
    }
}

pub(super) fn rows(found: Vec<ProxyRow>) -> Vec<Row> {
    found.into_iter().map(|row| row.values).collect()
}

/// `INSERT` of one row into a table by its quoted name.
pub(super) fn insert(table: &str, row: &Row) -> Act {
    let columns: Vec<String> = row.keys().map(|column| format!("\"{column}\"")).collect();
    let places: Vec<String> = (1..=row.len()).map(|number| format!("${number}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    Act::count(sql, row.values().cloned().collect())
}

/// Tables with those first to which others point.
pub(super) fn parents_first(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    while ordered.len() < tables.len() {
        let placed = |name: &str| ordered.iter().any(|table| table.name == name);
        let ready =
            |table: &&Table| !placed(table.name) && table.references.iter().all(|it| it.table == table.name || placed(it.table));
        let next = tables.iter().find(ready).or_else(|| tables.iter().find(|table| !placed(table.name)));
        ordered.extend(next);
    }
    ordered
}
