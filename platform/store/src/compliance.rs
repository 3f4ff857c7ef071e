//! Whether the live database enforces what the tables declare: a row for each table and command, as evidence.

mod attack;
mod postgres;
mod sqlite;

use sea_orm::{ConnectionTrait, Statement};
use serde::Serialize;

use crate::error::StoreError;
use crate::policy::compile::possible;
use crate::postgres::policies::Command;
use crate::schema::Table;
use crate::store::{Database, Store};

pub use attack::LastTest;
#[cfg(any(test, feature = "testing"))]
pub(crate) use {postgres::check as check_postgres, sqlite::check as check_sqlite};

/// One service's row security, as found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub service: String,
    pub engine: &'static str,
    pub entries: Vec<Entry>,
    /// What is wrong beside the tables, or with tables that nobody declared.
    pub findings: Vec<String>,
    /// Accesses by elevated callers on record.
    pub overrides: i64,
    /// Those of them without a reason.
    pub unexplained_overrides: i64,
}

/// One command on one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub table: String,
    pub command: &'static str,
    /// The declared rule in words.
    pub policy: String,
    /// Nothing was found that contradicts the declaration.
    pub enforced: bool,
    pub findings: Vec<String>,
    /// The last attack by [`Store::attack`]; none if there was none yet.
    pub last_test: Option<LastTest>,
}

impl Report {
    /// Entries that are enforced, in percent; 100 for a service without tables.
    pub fn score(&self) -> f64 {
        if self.entries.is_empty() {
            return 100.0;
        }
        let enforced = self.entries.iter().filter(|entry| entry.enforced).count();
        100.0 * enforced as f64 / self.entries.len() as f64
    }

    /// Everything is as declared, and withstood its last attack, where there was one.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && self.entries.iter().all(|entry| entry.enforced && !entry.has_failed_its_test())
    }
}

/// What an engine's check finds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) entries: Vec<Entry>,
    pub(crate) findings: Vec<String>,
}

impl Entry {
    fn of(table: &Table, command: Command, findings: Vec<String>) -> Self {
        let policy = command.rule(table).to_string();
        Self {
            table: table.name.to_owned(),
            command: command.name(),
            policy,
            enforced: findings.is_empty(),
            findings,
            last_test: None,
        }
    }

    fn has_failed_its_test(&self) -> bool {
        self.last_test.as_ref().is_some_and(|test| !test.passed)
    }
}

fn allowed(table: &Table, command: Command) -> bool {
    possible(command.rule(table))
}

impl Store {
    /// Checks every table of the service, the store's own included, against the live database.
    ///
    /// # Errors
    /// When the database cannot be asked; what it answers is the report.
    pub async fn compliance(&self) -> Result<Report, StoreError> {
        let tables = &self.schema().tables;
        let (engine, found) = match &self.0.database {
            Database::Sqlite(database) => ("sqlite", sqlite::check(&mut database.fresh()?)?),
            Database::Postgres(database) => {
                let (role, login) = (database.role(), database.log_in_role().await?);
                ("postgres", postgres::check(&database.outside().await?, self.service(), tables, role, &login).await?)
            }
        };
        let (overrides, unexplained_overrides) = self.overrides().await?;
        let Found { entries, findings } = found;
        let service = self.service().to_owned();
        let mut report = Report { service, engine, entries, findings, overrides, unexplained_overrides };
        self.remember_attacks(&mut report).await?;
        Ok(report)
    }

    async fn overrides(&self) -> Result<(i64, i64), StoreError> {
        const SQL: &str = "SELECT COUNT(*) AS number, COUNT(CASE WHEN reason = 'not given' THEN 1 END) AS unexplained FROM audit \
                           WHERE action = 'access.elevated'";
        let tx = self.begin_as_platform().await?;
        let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?;
        let Some(row) = row else { return Ok((0, 0)) };
        Ok((row.try_get("", "number")?, row.try_get("", "unexplained")?))
    }
}
