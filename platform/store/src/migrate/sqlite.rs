//! Migrations on SQLite: one immediate transaction, before any guarded connection opens.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::StoreError;
use crate::migrate::ddl::Dialect;
use crate::migrate::parts::{self, Versions};
use crate::migrate::{Outcome, Schema};

const VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS \"schema_version\" (\"version\" integer NOT NULL, \"applied_at\" timestamp_integer NOT NULL)";

/// What a migration would do; nothing is changed.
pub(crate) fn look(connection: &Connection, schema: &Schema) -> Result<Outcome, StoreError> {
    const THERE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version')";
    let there: bool = connection.query_row(THERE, [], |row| row.get(0)).map_err(failed)?;
    let found: Option<u32> = match there {
        true => connection.query_row("SELECT MAX(version) FROM schema_version", [], |row| row.get(0)).map_err(failed)?,
        false => None,
    };
    Outcome::decide(found, schema)
}

pub(crate) fn migrate(connection: &mut Connection, schema: &Schema, now_micros: i64) -> Result<Outcome, StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    tx.execute_batch(VERSION_TABLE).map_err(failed)?;
    let found: Option<u32> =
        tx.query_row("SELECT MAX(version) FROM schema_version", [], |row| row.get(0)).optional().map_err(failed)?.flatten();
    let outcome = Outcome::decide(found, schema)?;
    let dialect = Dialect::Sqlite;
    let (statements, versions): (Vec<String>, std::ops::RangeInclusive<u32>) = match outcome {
        Outcome::UpToDate { .. } => return Ok(outcome),
        Outcome::Created { version } => {
            (schema.tables.iter().flat_map(|table| dialect.create_table(table)).collect(), version..=version)
        }
        Outcome::Migrated { from, to } => (parts::pending(schema, dialect, &found_parts(&tx, from)?), from + 1..=to),
    };
    tx.execute_batch(&parts::table(dialect)).map_err(failed)?;
    for statement in statements {
        tx.execute_batch(&statement).map_err(|error| StoreError::Database(format!("{error} in: {statement}")))?;
    }
    for version in versions {
        tx.execute("INSERT INTO schema_version (version, applied_at) VALUES (?1, ?2)", (version, now_micros)).map_err(failed)?;
    }
    for (part, version) in parts::present(schema) {
        const KEEP: &str = "INSERT INTO schema_parts (part, version) VALUES (?1, ?2) ON CONFLICT (part) DO UPDATE SET version = excluded.version";
        tx.execute(KEEP, (part, version)).map_err(failed)?;
    }
    tx.commit().map_err(failed)?;
    Ok(outcome)
}

/// The versions of the parts of a database that is there.
fn found_parts(tx: &Connection, version: u32) -> Result<Versions, StoreError> {
    const THERE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_parts')";
    if !tx.query_row(THERE, [], |row| row.get::<_, bool>(0)).map_err(failed)? {
        return Ok(parts::before_parts(version));
    }
    let mut statement = tx.prepare("SELECT part, version FROM schema_parts").map_err(failed)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Database(error.to_string())
}
