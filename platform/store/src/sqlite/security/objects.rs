//! The temporary views and triggers that a guarded connection gets.
//!
//! A read of `goals` meets the view `temp.goals`, which reads `temp.<secret>goals`, which reads `main.goals` where the read policy
//! holds. Two views, because the authorizer is told the name of the innermost view, and a common table expression counts as one: it
//! could be called `goals`, but not by the secret. The triggers bear the secret, too.

use std::fmt::Write;

use crate::policy::compile::{Compiler, possible};
use crate::schema::Table;
use crate::sqlite::security::state::Checks;

/// What the message of a refused row starts with; the table's name follows.
pub(crate) const REFUSAL: &str = "row security: ";

/// One temporary object, in the order of its making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) table: &'static str,
    pub(crate) kind: ObjectKind,
    pub(crate) sql: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    View,
    Shadow,
    InsertCheck,
    UpdateCheck,
}

/// The objects of one table, the `number`th of the service.
pub(super) fn of(table: &Table, number: u16, secret: &str) -> Vec<Object> {
    let mut objects = Vec::new();
    if possible(&table.policy.read) {
        objects.extend(views(table, secret));
    } else {
        objects.push(shadow(table));
    }
    if possible(&table.policy.insert) {
        objects.push(insert_check(table, number, secret));
    }
    if possible(&table.policy.update) {
        objects.push(update_check(table, number, secret));
    }
    objects
}

/// The table that nobody reads is shadowed, too: while it is written, its own name would else lead to it. The authorizer refuses
/// to read this view.
fn shadow(table: &Table) -> Object {
    let name = table.name;
    let columns = table.columns.iter().map(|column| format!("NULL AS \"{}\"", column.name)).collect::<Vec<_>>().join(", ");
    let sql = format!("CREATE TEMP VIEW \"{name}\" AS SELECT {columns} WHERE FALSE");
    Object { name: name.to_owned(), table: name, kind: ObjectKind::Shadow, sql }
}

fn views(table: &Table, secret: &str) -> [Object; 2] {
    let name = table.name;
    let columns = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
    let condition = Compiler::Sqlite { views: secret }.condition(table, &table.policy.read, &format!("main.\"{name}\""));
    let inner = Object {
        name: format!("{secret}{name}"),
        table: name,
        kind: ObjectKind::View,
        sql: format!("CREATE TEMP VIEW \"{secret}{name}\" AS SELECT {columns} FROM main.\"{name}\" WHERE {condition}"),
    };
    let outer = Object {
        name: name.to_owned(),
        table: name,
        kind: ObjectKind::View,
        sql: format!("CREATE TEMP VIEW \"{name}\" AS SELECT {columns} FROM temp.\"{secret}{name}\""),
    };
    [inner, outer]
}

fn insert_check(table: &Table, number: u16, secret: &str) -> Object {
    let compiler = Compiler::Sqlite { views: secret };
    let insert = compiler.condition(table, &table.policy.insert, "NEW");
    let read = compiler.condition(table, &table.policy.read, "NEW");
    let conditions = [(Checks::INSERTED, insert), (Checks::INSERTED_SEEN, read)];
    trigger(table, number, secret, ObjectKind::InsertCheck, &conditions)
}

fn update_check(table: &Table, number: u16, secret: &str) -> Object {
    let compiler = Compiler::Sqlite { views: secret };
    let update = |row| compiler.condition(table, &table.policy.update, row);
    let read = |row| compiler.condition(table, &table.policy.read, row);
    let conditions = [
        (Checks::CONFLICTING, update("OLD")),
        (Checks::CONFLICTING, read("OLD")),
        (Checks::UPDATED, update("NEW")),
        (Checks::UPDATED_SEEN, read("NEW")),
    ];
    trigger(table, number, secret, ObjectKind::UpdateCheck, &conditions)
}

/// NULL is no permission, hence `IS NOT TRUE`.
fn trigger(table: &Table, number: u16, secret: &str, kind: ObjectKind, conditions: &[(Checks, String)]) -> Object {
    let (event, suffix) = if kind == ObjectKind::InsertCheck { ("INSERT", "_insert") } else { ("UPDATE", "_update") };
    let table = table.name;
    let name = format!("{secret}{table}{suffix}");
    let mut sql = format!("CREATE TEMP TRIGGER \"{name}\" BEFORE {event} ON main.\"{table}\" WHEN ");
    for (position, (check, condition)) in conditions.iter().enumerate() {
        let or = if position == 0 { "" } else { " OR " };
        let _ = write!(sql, "{or}(rls_check({number}, {}) AND {condition} IS NOT TRUE)", check.number());
    }
    let _ = write!(sql, " BEGIN SELECT RAISE(ABORT, '{REFUSAL}{table}'); END");
    Object { name, table, kind, sql }
}
