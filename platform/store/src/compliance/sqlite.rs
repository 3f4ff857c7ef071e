//! On SQLite the guard is put on every connection anew: a fresh one is looked over, and its walls are tried.

use std::collections::BTreeMap;

use sea_orm::{DbBackend, Statement};

use super::{Entry, Found, allowed};
use crate::error::StoreError;
use crate::postgres::policies::Command;
use crate::schema::Table;
use crate::sqlite::Connection;
use crate::sqlite::security::{Object, ObjectKind};

/// `connection` must be one for writing, with no caller bound.
pub(crate) fn check(connection: &mut Connection) -> Result<Found, StoreError> {
    let there: BTreeMap<String, String> = connection.temporary_objects()?.into_iter().collect();
    let guarded = connection.guarded().clone();
    let expected = guarded.expected_objects();
    let mut found = Found::default();
    for table in guarded.tables() {
        for command in Command::ALL {
            let mut findings: Vec<String> = expected
                .iter()
                .filter(|object| concerns(object, table, command))
                .filter_map(|object| missing(object, &there))
                .collect();
            findings.extend(open_wall(connection, table, command));
            if command == Command::Read {
                findings.extend(seen_without_caller(connection, table));
            }
            found.entries.push(Entry::of(table, command, findings));
        }
    }
    let unknown = there.keys().filter(|name| !expected.iter().any(|object| object.name == **name));
    found.findings.extend(unknown.map(|name| format!("the temporary object `{name}` is not the guard's")));
    Ok(found)
}

fn concerns(object: &Object, table: &Table, command: Command) -> bool {
    let kinds: &[ObjectKind] = match command {
        Command::Read => &[ObjectKind::View, ObjectKind::Shadow],
        Command::Insert => &[ObjectKind::InsertCheck],
        Command::Update => &[ObjectKind::UpdateCheck],
        Command::Delete => &[],
    };
    object.table == table.name && kinds.contains(&object.kind)
}

fn missing(object: &Object, there: &BTreeMap<String, String>) -> Option<String> {
    let kind = match object.kind {
        ObjectKind::View | ObjectKind::Shadow => "view that narrows reads",
        ObjectKind::InsertCheck => "check of new rows",
        ObjectKind::UpdateCheck => "check of changed rows",
    };
    match there.get(&object.name) {
        None => Some(format!("the {kind} is missing")),
        // SQLite keeps the text but for the word TEMP.
        Some(sql) if *sql != object.sql.replacen("CREATE TEMP ", "CREATE ", 1) => {
            Some(format!("the {kind} is not the declared one"))
        }
        Some(_) => None,
    }
}

/// Whether the bare connection would let the command through to the table itself.
fn open_wall(connection: &Connection, table: &Table, command: Command) -> Option<String> {
    let name = table.name;
    let sql = match command {
        Command::Read => format!("SELECT \"id\" FROM main.\"{name}\""),
        Command::Insert => format!("INSERT INTO main.\"{name}\" DEFAULT VALUES"),
        Command::Update => format!("UPDATE main.\"{name}\" SET \"id\" = \"id\""),
        Command::Delete => format!("DELETE FROM main.\"{name}\""),
    };
    connection.bare().prepare(&sql).is_ok().then(|| "the authorizer lets it through to the table itself".to_owned())
}

fn seen_without_caller(connection: &mut Connection, table: &Table) -> Option<String> {
    connection.unbind();
    let sql = format!("SELECT \"id\" FROM \"{}\" LIMIT 1", table.name);
    let answer = connection.query(&Statement::from_string(DbBackend::Sqlite, sql));
    match answer {
        Ok(rows) if rows.is_empty() && allowed(table, Command::Read) => None,
        Err(StoreError::RowSecurity { .. }) if !allowed(table, Command::Read) => None,
        Ok(_) => Some("rows are seen without a caller".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}
