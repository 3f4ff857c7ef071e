//! Declarations that could not be enforced, or not alike on both engines, are refused before a database is opened.

use crate::error::StoreError;
use crate::policy::Rule;
use crate::policy::compile::{GRANTS, possible};
use crate::schema::{ColumnType, Table};

/// What is wrong with a service's tables. A fault of the program, never of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    #[error(
        "`{0}` is not a plain lower-case name of at most 48 characters, or it is one that the engines or the store keep to themselves"
    )]
    Name(String),
    #[error("table `{0}` is declared twice")]
    Twice(&'static str),
    #[error("column `{table}.{column}` is declared twice")]
    ColumnTwice { table: &'static str, column: &'static str },
    #[error("the policy of `{table}` names column `{column}`, which is not there with type {wanted}")]
    Column { table: &'static str, column: &'static str, wanted: &'static str },
    #[error("the policy of `{table}` looks at table `{other}`, which is not declared or which nobody may read")]
    Table { table: &'static str, other: &'static str },
    #[error("the policy of `{table}` depends on itself")]
    Cycle { table: &'static str },
    #[error("the policy of `{table}` has an empty list of rules")]
    Empty { table: &'static str },
    #[error("index or reference of `{table}` names `{name}`, which is not there")]
    Missing { table: &'static str, name: &'static str },
}

impl From<DeclarationError> for StoreError {
    fn from(error: DeclarationError) -> Self {
        Self::Database(error.to_string())
    }
}

/// Refuses tables whose policies cannot be enforced as declared.
///
/// # Errors
/// The first [`DeclarationError`] found.
pub fn check(tables: &[Table]) -> Result<(), DeclarationError> {
    for (position, table) in tables.iter().enumerate() {
        check_names(table)?;
        if tables[..position].iter().any(|other| other.name == table.name) {
            return Err(DeclarationError::Twice(table.name));
        }
        check_keys(tables, table)?;
        for rule in table.policy.rules() {
            check_rule(tables, table, rule)?;
            check_cycles(tables, table, rule)?;
        }
    }
    Ok(())
}

fn check_names(table: &Table) -> Result<(), DeclarationError> {
    for (position, column) in table.columns.iter().enumerate() {
        if !plain(column.name) {
            return Err(DeclarationError::Name(column.name.to_owned()));
        }
        if table.columns[..position].iter().any(|other| other.name == column.name) {
            return Err(DeclarationError::ColumnTwice { table: table.name, column: column.name });
        }
    }
    if plain(table.name) { Ok(()) } else { Err(DeclarationError::Name(table.name.to_owned())) }
}

fn plain(name: &str) -> bool {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 48;
    let reserved = ["sqlite_", "pragma_", "rls_", "pg_"].iter().any(|prefix| name.starts_with(prefix));
    plain && !reserved && !["main", "temp", "json_each", "json_tree", "excluded", "new", "old"].contains(&name)
}

fn check_keys(tables: &[Table], table: &Table) -> Result<(), DeclarationError> {
    let missing = |name| DeclarationError::Missing { table: table.name, name };
    for index in &table.indexes {
        if let Some(name) = index.columns.iter().find(|name| column(table, name).is_none()) {
            return Err(missing(name));
        }
    }
    for reference in &table.references {
        if column(table, reference.column) != Some(ColumnType::Uuid) {
            return Err(missing(reference.column));
        }
        if !tables.iter().any(|other| other.name == reference.table && other.scope == table.scope) {
            return Err(missing(reference.table));
        }
    }
    Ok(())
}

fn check_rule(tables: &[Table], table: &Table, rule: &Rule) -> Result<(), DeclarationError> {
    match rule {
        Rule::Tenant(name) | Rule::Owner(name) | Rule::Organisation(name) => wants(table, name, ColumnType::Uuid),
        Rule::Equals(name, _) => wants(table, name, ColumnType::Text),
        Rule::Granted { owner, .. } => {
            wants(table, owner, ColumnType::Uuid)?;
            let grants = readable(tables, table, GRANTS)?;
            for (name, kind) in [
                ("owner_id", ColumnType::Uuid),
                ("grantee_id", ColumnType::Uuid),
                ("kind", ColumnType::Text),
                ("revoked_at", ColumnType::Timestamp),
            ] {
                wants(grants, name, kind)?;
            }
            Ok(())
        }
        Rule::Parent { column, table: parent } => {
            wants(table, column, ColumnType::Uuid)?;
            readable(tables, table, parent).map(|_| ())
        }
        Rule::OwnParent { column, table: parent, owner } => {
            wants(table, column, ColumnType::Uuid)?;
            wants(readable(tables, table, parent)?, owner, ColumnType::Uuid)
        }
        Rule::Member { column, table: list, key, member } => {
            wants(table, column, ColumnType::Uuid)?;
            let list = readable(tables, table, list)?;
            wants(list, key, ColumnType::Uuid)?;
            wants(list, member, ColumnType::Uuid)
        }
        Rule::Null(name) => match column(table, name) {
            Some(_) => Ok(()),
            None => Err(DeclarationError::Column { table: table.name, column: name, wanted: "any" }),
        },
        Rule::AnyOf(rules) | Rule::AllOf(rules) if rules.is_empty() => Err(DeclarationError::Empty { table: table.name }),
        Rule::AnyOf(rules) | Rule::AllOf(rules) => rules.iter().try_for_each(|rule| check_rule(tables, table, rule)),
        _ => Ok(()),
    }
}

fn column(table: &Table, name: &str) -> Option<ColumnType> {
    table.columns.iter().find(|column| column.name == name).map(|column| column.kind)
}

fn wants(table: &Table, name: &'static str, kind: ColumnType) -> Result<(), DeclarationError> {
    if column(table, name) == Some(kind) {
        return Ok(());
    }
    let wanted = match kind {
        ColumnType::Uuid => "Uuid",
        ColumnType::Text => "Text",
        _ => "Timestamp",
    };
    Err(DeclarationError::Column { table: table.name, column: name, wanted })
}

fn readable<'t>(tables: &'t [Table], table: &Table, other: &'static str) -> Result<&'t Table, DeclarationError> {
    tables
        .iter()
        .find(|candidate| candidate.name == other && possible(&candidate.policy.read))
        .ok_or(DeclarationError::Table { table: table.name, other })
}

/// PostgreSQL refuses a policy that comes back to its own table; so do we, for both.
fn check_cycles(tables: &[Table], table: &Table, rule: &Rule) -> Result<(), DeclarationError> {
    let mut path = vec![table.name];
    walk(tables, rule, &mut path)
}

fn walk(tables: &[Table], rule: &Rule, path: &mut Vec<&'static str>) -> Result<(), DeclarationError> {
    let next = match rule {
        Rule::AnyOf(rules) | Rule::AllOf(rules) => return rules.iter().try_for_each(|rule| walk(tables, rule, path)),
        Rule::Granted { .. } => GRANTS,
        Rule::Parent { table, .. } | Rule::OwnParent { table, .. } | Rule::Member { table, .. } => table,
        _ => return Ok(()),
    };
    if path.contains(&next) {
        return Err(DeclarationError::Cycle { table: next });
    }
    let Some(table) = tables.iter().find(|table| table.name == next) else { return Ok(()) };
    path.push(next);
    walk(tables, &table.policy.read, path)?;
    path.pop();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn table(name: &'static str, rule: Rule) -> Table {
        Table::new(name, Policy::closed().read(rule)).column("owner_id", ColumnType::Uuid).column("state", ColumnType::Text)
    }

    #[test]
    fn good_tables_pass() {
        let parent = table("goals", Rule::Owner("owner_id"));
        let child = table("tasks", Rule::Parent { column: "owner_id", table: "goals" }).index(&["state"]);
        check(&[parent, child]).unwrap();
        check(&crate::platform_tables::tables()).unwrap();
    }

    #[test]
    fn each_fault_is_named() {
        let owner = || Rule::Owner("owner_id");
        let wrong = |tables: &[Table]| check(tables).unwrap_err();
        assert!(matches!(wrong(&[table("Goals", owner())]), DeclarationError::Name(_)));
        assert!(matches!(wrong(&[table("rls_x", owner())]), DeclarationError::Name(_)));
        assert!(matches!(wrong(&[table("goals", owner()), table("goals", owner())]), DeclarationError::Twice("goals")));
        assert!(matches!(wrong(&[table("goals", Rule::Owner("state"))]), DeclarationError::Column { .. }));
        assert!(matches!(wrong(&[table("goals", Rule::Equals("owner_id", "x"))]), DeclarationError::Column { .. }));
        assert!(matches!(wrong(&[table("goals", Rule::AllOf(vec![]))]), DeclarationError::Empty { .. }));
        assert!(matches!(
            wrong(&[table("goals", owner()).column("state", ColumnType::Text)]),
            DeclarationError::ColumnTwice { .. }
        ));
        assert!(matches!(wrong(&[table("goals", owner()).index(&["nowhere"])]), DeclarationError::Missing { .. }));
        let granted = Rule::Granted { owner: "owner_id", kind: "goal" };
        assert!(matches!(wrong(&[table("goals", granted)]), DeclarationError::Table { other: "grants", .. }));
        let orphan = Rule::Parent { column: "owner_id", table: "goals" };
        let hidden = [table("goals", Rule::Nobody), table("tasks", orphan)];
        assert!(matches!(wrong(&hidden), DeclarationError::Table { other: "goals", .. }));
    }

    #[test]
    fn cycles_are_refused() {
        let to = |name| Rule::Parent { column: "owner_id", table: name };
        assert!(matches!(check(&[table("goals", to("goals"))]), Err(DeclarationError::Cycle { table: "goals" })));
        let ring = [table("goals", to("tasks")), table("tasks", to("goals"))];
        assert!(matches!(check(&ring), Err(DeclarationError::Cycle { .. })));
        let listed = |name| Rule::Member { column: "owner_id", table: name, key: "owner_id", member: "owner_id" };
        assert!(matches!(check(&[table("goals", listed("goals"))]), Err(DeclarationError::Cycle { table: "goals" })));
        check(&[table("seats", Rule::Owner("owner_id")), table("goals", listed("seats"))]).unwrap();
        let mut insert = table("goals", Rule::Anyone);
        insert.policy.insert = to("goals");
        assert!(matches!(check(&[insert]), Err(DeclarationError::Cycle { .. })));
    }
}
