//! The second wall: SQLite asks it for every table, column and function that a statement touches, while it compiles the statement.
//!
//! An allow-list. It does not rely on the first wall (the tokens): what a statement reads must be a view of ours, or be read by one;
//! what it writes must be the target whose flag is up, or follow from its foreign keys.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::policy::compile::possible;
use crate::sqlite::security::functions;
use crate::sqlite::security::state::{Denial, State, Writing};
use crate::sqlite::security::statement::Verb;
use crate::sqlite::security::{Guarded, Others};

/// Table-valued functions that read nothing but their arguments.
const TABLE_FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

pub(super) fn authorize(guarded: &Guarded, others: &Others, state: &State, request: &AuthContext<'_>) -> Authorization {
    if state.is_open() {
        return Authorization::Allow;
    }
    match decide(guarded, others, state, request) {
        Ok(()) => Authorization::Allow,
        Err(denial) => {
            state.deny(denial);
            Authorization::Deny
        }
    }
}

fn decide(guarded: &Guarded, others: &Others, state: &State, request: &AuthContext<'_>) -> Result<(), Denial> {
    let in_main = request.database_name == Some("main");
    match request.action {
        AuthAction::Select | AuthAction::Recursive => Ok(()),
        AuthAction::Function { function_name } if functions::is_allowed(function_name) => Ok(()),
        AuthAction::Function { function_name } => Err(Denial::Refused(format!("the function `{function_name}`"))),
        AuthAction::Read { table_name, column_name } => match read(guarded, others, state, request, table_name, column_name) {
            true => Ok(()),
            false => Err(denied_read(guarded, table_name)),
        },
        AuthAction::Insert { table_name } if in_main => {
            may_write(guarded, state, table_name, |writing, target| target && matches!(writing.verb, Verb::Insert | Verb::Upsert))
        }
        AuthAction::Update { table_name, column_name } if in_main => {
            let own = |verb| matches!(verb, Verb::Update | Verb::Upsert);
            may_write(guarded, state, table_name, |writing, target| {
                let cleared =
                    writing.verb == Verb::Delete && guarded.reach(writing).is_some_and(|it| it.clears(table_name, column_name));
                cleared || (target && own(writing.verb))
            })
        }
        AuthAction::Delete { table_name } if in_main => may_write(guarded, state, table_name, |writing, target| {
            writing.verb == Verb::Delete && (target || guarded.reach(writing).is_some_and(|reach| reach.deletes(table_name)))
        }),
        _ => Err(Denial::Refused("the guard does not know what it does".to_owned())),
    }
}

fn read(guarded: &Guarded, others: &Others, state: &State, request: &AuthContext<'_>, table: &str, column: &str) -> bool {
    match request.database_name {
        Some("temp") => guarded.is_view(table),
        Some("main") => TABLE_FUNCTIONS.contains(&table) || read_main(guarded, state, request, table, column),
        // A table of which no column is read, named without its schema: a view, or a common table expression.
        None if column.is_empty() => guarded.is_view(table) || TABLE_FUNCTIONS.contains(&table) || !others.is_known(table),
        _ => false,
    }
}

fn read_main(guarded: &Guarded, state: &State, request: &AuthContext<'_>, name: &str, column: &str) -> bool {
    let Some((number, table)) = guarded.table(name) else { return false };
    if request.accessor.is_some_and(|accessor| guarded.is_own(accessor)) {
        return true;
    }
    let Some(writing) = state.writing() else { return false };
    writing.table == number || guarded.reach(writing).is_some_and(|reach| reach.reads_key(table, column))
}

fn denied_read(guarded: &Guarded, name: &str) -> Denial {
    match guarded.table(name) {
        Some((_, table)) if !possible(&table.policy.read) => Denial::Policy(table.name.to_owned()),
        _ => Denial::Refused(format!("a direct read of `{name}`")),
    }
}

fn may_write(guarded: &Guarded, state: &State, name: &str, allowed: impl Fn(Writing, bool) -> bool) -> Result<(), Denial> {
    let target = |writing: Writing| guarded.table(name).is_some_and(|(number, _)| number == writing.table);
    match state.writing() {
        Some(writing) if allowed(writing, target(writing)) => Ok(()),
        _ => Err(Denial::Refused(format!("a direct change of `{name}`"))),
    }
}
