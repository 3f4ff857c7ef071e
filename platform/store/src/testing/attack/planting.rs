//! Rows for every table, made from its declaration: each column that a policy looks at takes each value that could matter.

use std::collections::BTreeSet;

use banyan_kernel::Uuid;
use sea_orm::Value;

use super::super::evaluate::uuid;
use super::super::ground::parents_first;
use super::super::{Ground, Row, World};
use super::people::{FORMER, FRIEND, ORGANISATIONS, OTHER, OWNER, PEOPLE, TENANTS};
use crate::error::StoreError;
use crate::policy::Rule;
use crate::schema::{Column, ColumnType, Nullability, Scope, Table};

/// Rows a table and tenant at the most.
const MOST: usize = 8;

/// Plants rows and says what is there.
pub(super) async fn plant(ground: &mut Ground) -> Result<World, StoreError> {
    let mut world = World::new(ground.tables());
    let mut serial = 1;
    for table in parents_first(&world.tables.clone()) {
        let tenants = if table.scope == Scope::Tenant { &TENANTS[..] } else { &TENANTS[..1] };
        for tenant in tenants {
            for row in rows(&world, table, *tenant, &mut serial) {
                // Two rows may meet in a unique index; one of them is enough.
                match ground.plant(table.name, std::slice::from_ref(&row)).await {
                    Ok(()) => world.rows.entry(table.name.to_owned()).or_default().push(row),
                    Err(StoreError::Unique { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(world)
}

/// Rows of `table` that differ where policies look.
pub(super) fn rows(world: &World, table: &Table, tenant: Uuid, serial: &mut i64) -> Vec<Row> {
    if table.name == crate::policy::compile::GRANTS {
        return grants(world, table, tenant, serial);
    }
    let looked_at = looked_at(table);
    let choices: Vec<(&Column, Vec<Value>)> = table
        .columns
        .iter()
        .filter(|column| looked_at.contains(column.name))
        .map(|column| (column, candidates(world, table, tenant, column)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    let combinations: usize = choices.iter().map(|(_, values)| values.len()).product();
    (0..combinations.min(64))
        .step_by(combinations.min(64).div_ceil(MOST).max(1))
        .map(|mut pick| {
            let mut row = plain(world, table, tenant, serial);
            for (column, values) in &choices {
                row.insert(column.name.to_owned(), values[pick % values.len()].clone());
                pick /= values.len();
            }
            row
        })
        .collect()
}

/// A row with a new id, and values of no meaning where no policy looks.
fn plain(world: &World, table: &Table, tenant: Uuid, serial: &mut i64) -> Row {
    *serial += 1;
    let number = *serial;
    let mut row: Row = table.columns.iter().map(|column| (column.name.to_owned(), value(column, number))).collect();
    for reference in &table.references {
        let parents = world.rows(reference.table).iter().filter(|row| in_tenant(row, table, tenant));
        let optional = table.columns.iter().any(|it| it.name == reference.column && it.nullability == Nullability::Optional);
        let parent = parents.filter_map(|row| uuid(row, "id")).next();
        let points_at = if reference.table == table.name && optional { None } else { parent };
        row.insert(reference.column.to_owned(), Value::Uuid(points_at));
    }
    if table.scope == Scope::Tenant {
        row.insert("tenant_id".to_owned(), tenant.into());
    }
    row
}

pub(super) fn value(column: &Column, number: i64) -> Value {
    match column.kind {
        ColumnType::Uuid => Uuid::from_u128(0x1_0000_0000 + u128::from(number.unsigned_abs())).into(),
        ColumnType::Text => format!("text {number}").into(),
        ColumnType::Integer => number.into(),
        ColumnType::Real => (number as f64 + 0.5).into(),
        ColumnType::Boolean => (number % 2 == 0).into(),
        ColumnType::Timestamp => (1_700_000_000_000_000 + number).into(),
        ColumnType::Json => serde_json::json!({ "number": number }).into(),
        ColumnType::Bytes => number.to_be_bytes().to_vec().into(),
    }
}

/// The values that a policy could tell apart.
fn candidates(world: &World, table: &Table, tenant: Uuid, column: &Column) -> Vec<Value> {
    let mut found: BTreeSet<Option<Uuid>> = BTreeSet::new();
    let mut texts: BTreeSet<&'static str> = BTreeSet::new();
    for rule in table.policy.rules() {
        each(rule, &mut |rule| match rule {
            Rule::Owner(name) | Rule::Granted { owner: name, .. } if *name == column.name => found.extend(PEOPLE.map(Some)),
            Rule::Tenant(name) if *name == column.name => found.extend(TENANTS.map(Some)),
            Rule::Organisation(name) if *name == column.name => found.extend(ORGANISATIONS.map(Some)),
            Rule::Parent { column: name, table: parent } | Rule::OwnParent { column: name, table: parent, .. }
                if *name == column.name =>
            {
                let parents = world.rows(parent).iter().filter(|row| in_tenant(row, table, tenant));
                found.extend(parents.map(|row| uuid(row, "id")));
            }
            Rule::Member { column: name, table: list, key, .. } if *name == column.name => {
                let listed = world.rows(list).iter().filter(|row| in_tenant(row, table, tenant));
                found.extend(listed.map(|row| uuid(row, key)).filter(Option::is_some));
            }
            Rule::Equals(name, text) if *name == column.name => texts.extend([*text, "something else"]),
            _ => {}
        });
    }
    if let Some(reference) = table.references.iter().find(|reference| reference.column == column.name) {
        let there: BTreeSet<_> =
            world.rows(reference.table).iter().filter(|row| in_tenant(row, table, tenant)).map(|row| uuid(row, "id")).collect();
        found.retain(|id| there.contains(id));
    }
    if column.nullability == Nullability::Optional && !found.is_empty() {
        found.insert(None);
    }
    let texts = texts.into_iter().map(|text| Value::String(Some(text.to_owned())));
    found.into_iter().map(Value::Uuid).chain(texts).collect()
}

fn in_tenant(row: &Row, table: &Table, tenant: Uuid) -> bool {
    table.scope == Scope::Installation || uuid(row, "tenant_id") == Some(tenant)
}

/// Grants that stand, that were taken back, and that lead nowhere, for every kind that a policy names.
fn grants(world: &World, table: &Table, tenant: Uuid, serial: &mut i64) -> Vec<Row> {
    let mut kinds = BTreeSet::from(["of nothing"]);
    for rule in world.tables.iter().flat_map(|table| table.policy.rules()) {
        each(rule, &mut |rule| {
            if let Rule::Granted { kind, .. } = rule {
                kinds.insert(kind);
            }
        });
    }
    let mut made = Vec::new();
    for kind in kinds {
        for (owner, grantee, revoked) in [(OWNER, FRIEND, None), (OWNER, FORMER, Some(5_i64)), (OTHER, OWNER, None)] {
            let mut row = plain(world, table, tenant, serial);
            row.insert("owner_id".to_owned(), owner.into());
            row.insert("grantee_id".to_owned(), grantee.into());
            row.insert("kind".to_owned(), kind.into());
            row.insert("revoked_at".to_owned(), revoked.into());
            made.push(row);
        }
    }
    made
}

/// The columns whose values a policy of the table looks at, keys aside.
pub(super) fn looked_at(table: &Table) -> BTreeSet<&'static str> {
    let mut columns = BTreeSet::new();
    for rule in table.policy.rules() {
        each(rule, &mut |rule| match rule {
            Rule::Tenant(column) | Rule::Owner(column) | Rule::Organisation(column) | Rule::Equals(column, _) => {
                columns.insert(*column);
            }
            Rule::Granted { owner: column, .. }
            | Rule::Parent { column, .. }
            | Rule::OwnParent { column, .. }
            | Rule::Member { column, .. } => {
                columns.insert(*column);
            }
            _ => {}
        });
    }
    columns
}

fn each<'r>(rule: &'r Rule, visit: &mut impl FnMut(&'r Rule)) {
    visit(rule);
    if let Rule::AnyOf(rules) | Rule::AllOf(rules) = rule {
        rules.iter().for_each(|rule| each(rule, visit));
    }
}
