//! SQLite's failures as the store's.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::StoreError;
use crate::schema::{Scope, Table, Uniqueness};
use crate::sqlite::security::{Denial, Guarded, REFUSAL};

/// `denial` is what the authorizer said while the statement was compiled.
pub(super) fn translate(error: rusqlite::Error, denial: Option<Denial>, guarded: &Guarded) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            engine(failure, message.unwrap_or_else(|| failure.to_string()), denial, guarded)
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => engine(error, msg, denial, guarded),
        rusqlite::Error::ToSqlConversionFailure(error) => StoreError::Database(error.to_string()),
        error => StoreError::Database(error.to_string()),
    }
}

fn engine(failure: ffi::Error, message: String, denial: Option<Denial>, guarded: &Guarded) -> StoreError {
    match failure.code {
        ErrorCode::ConstraintViolation => constraint(failure.extended_code, message, guarded),
        ErrorCode::AuthorizationForStatementDenied => refused(denial, message),
        // Denied columns show as an error of the statement.
        _ if denial.is_some() => refused(denial, message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Conflict,
        ErrorCode::OperationInterrupted => StoreError::DeadlineExceeded,
        ErrorCode::ReadOnly => StoreError::Refused("a change on a connection that only reads".to_owned()),
        ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied => StoreError::Unavailable(message),
        ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt => StoreError::Io(message),
        _ => StoreError::Database(message),
    }
}

fn refused(denial: Option<Denial>, message: String) -> StoreError {
    match denial {
        Some(Denial::Policy(table)) => StoreError::RowSecurity { table },
        Some(Denial::Refused(what)) => StoreError::Refused(what),
        None => StoreError::Refused(message),
    }
}

fn constraint(extended: i32, message: String, guarded: &Guarded) -> StoreError {
    if let Some(table) = message.strip_prefix(REFUSAL) {
        return StoreError::RowSecurity { table: table.to_owned() };
    }
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            StoreError::Unique { constraint: unique_name(&message, guarded.tables()).unwrap_or(message) }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::ForeignKey,
        // `ON DELETE RESTRICT` speaks through a trigger of SQLite's own.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message.contains("FOREIGN KEY") => StoreError::ForeignKey,
        _ => StoreError::Constraint(message),
    }
}

/// SQLite names the columns (`UNIQUE constraint failed: goals.tenant_id, goals.title`); the index is named by PostgreSQL, and by us.
fn unique_name(message: &str, tables: &[Table]) -> Option<String> {
    let list = message.split_once(": ")?.1;
    let columns: Vec<(&str, &str)> = list.split(", ").filter_map(|column| column.split_once('.')).collect();
    let table = tables.iter().find(|table| columns.iter().all(|(name, _)| *name == table.name))?;
    let named: Vec<&str> = columns.into_iter().map(|(_, column)| column).collect();
    if named == table.primary_key() {
        return Some(format!("{}_pkey", table.name));
    }
    let unique = table.indexes.iter().filter(|index| index.uniqueness == Uniqueness::Unique);
    unique.into_iter().find(|index| indexed(table, &index.columns) == named).map(|index| index.name(table.name))
}

fn indexed<'t>(table: &Table, columns: &[&'t str]) -> Vec<&'t str> {
    let leads = table.scope == Scope::Tenant && columns.first() != Some(&"tenant_id");
    leads.then_some("tenant_id").into_iter().chain(columns.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::schema::ColumnType;

    #[test]
    fn unique_failures_name_the_index() {
        let users = Table::new("users", Policy::closed()).column("email", ColumnType::Text).unique(&["email"]);
        let keys = Table::installation("keys", Policy::closed()).column("name", ColumnType::Text).unique(&["name"]);
        let tables = [users, keys];
        let name = |message| unique_name(message, &tables);
        assert_eq!(name("UNIQUE constraint failed: users.tenant_id, users.email").as_deref(), Some("idx_users_email"));
        assert_eq!(name("UNIQUE constraint failed: users.tenant_id, users.id").as_deref(), Some("users_pkey"));
        assert_eq!(name("UNIQUE constraint failed: keys.name").as_deref(), Some("idx_keys_name"));
        assert_eq!(name("UNIQUE constraint failed: keys.id").as_deref(), Some("keys_pkey"));
        assert_eq!(name("UNIQUE constraint failed: users.nothing"), None);
    }
}
