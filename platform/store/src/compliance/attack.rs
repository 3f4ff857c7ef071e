//! Attacks on the live tables: what a stranger to every tenant tries with each command, undone at once.
//!
//! The callers belong to a tenant that does not exist, so no rule may show or give them a single row: what they reach is a hole,
//! whatever the declaration says. The test suite attacks more finely, with neighbours in one tenant, on planted rows.

use std::collections::BTreeMap;

use banyan_kernel::{Caller, RequestId, Role, Timestamp, Uuid};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Report;
use crate::audit::Record;
use crate::error::StoreError;
use crate::postgres::policies::Command;
use crate::schema::{ColumnType, Nullability, Scope, Table};
use crate::store::Store;
use crate::tx::Tx;

/// The audit record of an attack, with one verdict for each table and command in its detail.
const ACTION: &str = "compliance.attacked";

/// When a command on a table was last attacked, and how that went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastTest {
    pub at: Timestamp,
    /// The version of the program that attacked.
    pub version: String,
    pub passed: bool,
    /// What got through, or why it could not be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
}

/// What the audit record keeps.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: String,
    /// By `<table>.<command>`; none where it was withstood.
    findings: BTreeMap<String, Option<String>>,
}

/// Ends the transaction without leaving anything.
enum Undone {
    Reached(u64),
    Failed(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Store {
    /// Attacks every table of the service with every command and records what came of it in the audit log, where
    /// [`Store::compliance`] finds it. Nothing that it does to tables lasts.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn attack(&self, version: &str) -> Result<(), StoreError> {
        let mut findings = BTreeMap::new();
        for table in &self.schema().tables {
            for command in Command::ALL {
                let finding = self.attack_command(table, command).await?;
                findings.insert(format!("{}.{}", table.name, command.name()), finding);
            }
        }
        let kept = json!(Kept { version: version.to_owned(), findings });
        let keep = async |tx: Tx| {
            tx.audit(Record::new(ACTION).detail(kept.clone()));
            Ok::<_, StoreError>(())
        };
        self.system(Uuid::nil()).write(keep).await
    }

    async fn attack_command(&self, table: &Table, command: Command) -> Result<Option<String>, StoreError> {
        for caller in self.strangers() {
            let Some(statement) = self.attempt_at(table, command) else { continue };
            if let Some(finding) = self.try_and_undo(&caller, command, statement).await? {
                return Ok(Some(format!(
                    "{}: {finding}",
                    if caller.user_id().is_some() { "a signed-in stranger" } else { "nobody" }
                )));
            }
        }
        Ok(None)
    }

    /// Nobody, and somebody with every role, of a tenant that there is not.
    fn strangers(&self) -> [Caller; 2] {
        let ids = &self.environment().ids;
        let (tenant, request) = (ids.next(), RequestId(ids.next()));
        [Caller::anonymous(tenant, request), Caller::user(tenant, ids.next(), Role::ALL.iter().copied().collect(), request)]
    }

    async fn try_and_undo(&self, caller: &Caller, command: Command, statement: Statement) -> Result<Option<String>, StoreError> {
        let attempt = async |tx: Tx| match command {
            Command::Read => Err::<(), _>(Undone::Reached(counted(&tx, statement.clone()).await?)),
            _ => Err(Undone::Reached(tx.execute_raw(statement.clone()).await.map_err(StoreError::from)?.rows_affected())),
        };
        match self.bind(caller).write(attempt).await {
            Ok(()) | Err(Undone::Reached(0) | Undone::Failed(StoreError::RowSecurity { .. })) => Ok(None),
            Err(Undone::Reached(rows)) => Ok(Some(format!("reached {rows} rows"))),
            Err(Undone::Failed(error @ (StoreError::Unavailable(_) | StoreError::Conflict | StoreError::DeadlineExceeded))) => {
                Err(error)
            }
            Err(Undone::Failed(error)) => Ok(Some(format!("could not be tried: {error}"))),
        }
    }

    /// None where there is nothing to forge: a row of the installation is in no tenant's name.
    fn attempt_at(&self, table: &Table, command: Command) -> Option<Statement> {
        let (backend, name) = (self.backend(), table.name);
        Some(match command {
            Command::Read => Statement::from_string(backend, format!("SELECT COUNT(*) AS number FROM \"{name}\"")),
            Command::Update => Statement::from_string(backend, format!("UPDATE \"{name}\" SET id = id")),
            Command::Delete => Statement::from_string(backend, format!("DELETE FROM \"{name}\"")),
            Command::Insert if table.scope == Scope::Tenant => self.forged_row(table),
            Command::Insert => return None,
        })
    }

    /// A row in the name of another tenant.
    fn forged_row(&self, table: &Table) -> Statement {
        let required: Vec<_> = table.columns.iter().filter(|column| column.nullability == Nullability::Required).collect();
        let names: Vec<String> = required.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let places: Vec<String> = (1..=required.len()).map(|number| format!("${number}")).collect();
        let sql = format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, names.join(", "), places.join(", "));
        let values = required.iter().map(|column| self.forged_value(column.kind));
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    fn forged_value(&self, kind: ColumnType) -> Value {
        match kind {
            ColumnType::Uuid => self.environment().ids.next().into(),
            ColumnType::Text => "forged".into(),
            ColumnType::Integer => 1_i64.into(),
            ColumnType::Real => 1.0_f64.into(),
            ColumnType::Boolean => false.into(),
            ColumnType::Timestamp => self.environment().clock.now().micros().into(),
            ColumnType::Json => json!({}).into(),
            ColumnType::Bytes => vec![0_u8].into(),
        }
    }

    fn backend(&self) -> DbBackend {
        match self.kind() {
            crate::store::EngineKind::Sqlite => DbBackend::Sqlite,
            crate::store::EngineKind::Postgres => DbBackend::Postgres,
        }
    }

    /// Fills in when each entry was last attacked.
    pub(super) async fn remember_attacks(&self, report: &mut Report) -> Result<(), StoreError> {
        const SQL: &str = "SELECT occurred_at, detail FROM audit WHERE action = $1 ORDER BY position DESC LIMIT 1";
        let tx = self.begin_as_platform().await?;
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [ACTION.into()]);
        let Some(row) = tx.query_one_raw(statement).await? else { return Ok(()) };
        let at = Timestamp::from_micros(row.try_get("", "occurred_at")?);
        let detail: String = row.try_get("", "detail")?;
        let kept: Kept = serde_json::from_str(&detail)
            .map_err(|error| StoreError::Database(format!("the record of the last attack cannot be read: {error}")))?;
        for entry in &mut report.entries {
            let Some(finding) = kept.findings.get(&format!("{}.{}", entry.table, entry.command)) else { continue };
            let (version, finding) = (kept.version.clone(), finding.clone());
            entry.last_test = Some(LastTest { at, version, passed: finding.is_none(), finding });
        }
        Ok(())
    }
}

async fn counted(tx: &Tx, statement: Statement) -> Result<u64, StoreError> {
    let row = tx.query_one_raw(statement).await?;
    let number: i64 = row.map_or(Ok(0), |row| row.try_get("", "number"))?;
    Ok(number.unsigned_abs())
}
