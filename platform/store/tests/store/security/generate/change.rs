//! Statements that change rows.

use std::collections::BTreeMap;

use banyan_store::schema::{Column, ColumnType, Nullability, Scope, Table, Uniqueness};
use sea_orm::Value;

use super::{Source, TENANTS, Writer, id, is_unique, row_id, value};

impl<'a> Writer<'a, '_> {
    pub(super) fn new_row(&mut self, table: &'a Table) -> BTreeMap<&'static str, Value> {
        let mut row = BTreeMap::new();
        for column in &table.columns {
            if column.nullability == Nullability::Optional && self.tape.rarely(4) {
                continue;
            }
            row.insert(column.name, value(self.tape, table, column, Some(self.who)));
        }
        if !self.tape.rarely(4) {
            row.insert("id", row_id(table, 40 + self.tape.pick(40)).into());
        }
        if self.tape.rarely(40) {
            row.remove("n");
        }
        row
    }

    pub(super) fn insert_into(&mut self, table: &'a Table, most: usize) -> (String, bool) {
        let first = self.new_row(table);
        let names: Vec<&str> = first.keys().copied().collect();
        let mut rows = vec![first];
        for _ in 1..1 + self.tape.pick(most) {
            let mut next = self.new_row(table);
            for name in &names {
                let column = table.columns.iter().find(|column| column.name == *name);
                if let Some(column) = column
                    && !next.contains_key(name)
                {
                    next.insert(column.name, value(self.tape, table, column, Some(self.who)));
                }
            }
            // The same row twice in a statement is a fault of the statement's own.
            let clash = |row: &BTreeMap<&str, Value>| {
                row["id"] == next["id"] || names.iter().any(|name| is_unique(table, name) && row.get(name) == next.get(name))
            };
            if !rows.iter().any(clash) {
                rows.push(next);
            }
        }
        let many = rows.len() > 1;
        let tuples: Vec<String> = rows
            .into_iter()
            .map(|mut row| {
                let places: Vec<String> =
                    names.iter().map(|name| self.parameter(row.remove(name).unwrap_or(Value::BigInt(None)))).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        (format!("INSERT INTO {} ({}) VALUES {}", table.name, names.join(", "), tuples.join(", ")), many)
    }

    pub(super) fn returning(&mut self, table: &Table, qualified: bool) -> String {
        let name = if qualified { format!("{}.", table.name) } else { String::new() };
        match self.tape.pick(6) {
            3 => " RETURNING 1 AS one".to_owned(),
            4 => format!(" RETURNING {name}id AS c"),
            5 if !qualified => " RETURNING *".to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn insert(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        if self.tape.rarely(5) {
            return self.insert_select(table);
        }
        let (mut sql, many) = self.insert_into(table, 3);
        if self.tape.rarely(4) {
            sql.push_str(" ON CONFLICT DO NOTHING");
        }
        sql.push_str(&self.returning(table, false));
        (sql, "insert", many)
    }

    /// Copies rows of another table that has columns of the same kinds.
    pub(super) fn insert_select(&mut self, table: &'a Table) -> (String, &'static str, bool) {
        let from = self.table();
        let (source, inner) = self.source(from);
        let mut names = Vec::new();
        let mut values = Vec::new();
        for column in &table.columns {
            let same = from.columns.iter().find(|it| it.name == column.name && it.kind == column.kind);
            let alike =
                same.or_else(|| from.columns.iter().find(|it| it.kind == column.kind && it.nullability == column.nullability));
            if let Some(alike) = alike {
                names.push(format!("\"{}\"", column.name));
                values.push(format!("{}.\"{}\"", inner.alias, alike.name));
            }
        }
        let condition = self.condition(&[inner], 1);
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {source} WHERE {condition}",
            table.name,
            names.join(", "),
            values.join(", ")
        );
        (sql, "insert from select", true)
    }

    pub(super) fn upsert(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let unique = table.indexes.iter().find(|index| index.uniqueness == Uniqueness::Unique);
        let target = match unique {
            Some(index) if table.scope == Scope::Tenant && self.tape.rarely(2) => {
                format!("tenant_id, {}", index.columns.join(", "))
            }
            _ => table.primary_key().join(", "),
        };
        let (mut sql, many) = self.insert_into(table, 2);
        if self.tape.rarely(3) {
            sql.push_str(&format!(" ON CONFLICT ({target}) DO NOTHING"));
        } else {
            let column = self.settable(table);
            let new = if self.tape.rarely(2) {
                format!("excluded.\"{}\"", column.name)
            } else {
                let value = value(self.tape, table, column, Some(self.who));
                self.parameter(value)
            };
            sql.push_str(&format!(" ON CONFLICT ({target}) DO UPDATE SET \"{}\" = {new}", column.name));
            if self.tape.rarely(4) {
                let columns = table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect();
                let source = Source { alias: table.name.to_owned(), columns, table: Some(table.name) };
                let condition = self.comparison(&[source]);
                sql.push_str(&format!(" WHERE {condition}"));
            }
        }
        sql.push_str(&self.returning(table, false));
        (sql, "upsert", many)
    }

    pub(super) fn settable(&mut self, table: &'a Table) -> &'a Column {
        let keys = if self.tape.rarely(12) { 0 } else { table.primary_key().len() };
        &table.columns[keys + self.tape.pick(table.columns.len() - keys)]
    }

    /// The target, with an alias or without, and its source.
    pub(super) fn target(&mut self, table: &'a Table) -> (String, Source, bool) {
        let columns = table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect();
        if self.tape.rarely(3) {
            let (sql, source) = self.source(table);
            return (sql, source, true);
        }
        self.taken = table.name;
        (table.name.to_owned(), Source { alias: table.name.to_owned(), columns, table: Some(table.name) }, false)
    }

    pub(super) fn update(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let (target, source, aliased) = self.target(table);
        let column = self.settable(table);
        let new = match self.tape.pick(6) {
            4 if column.kind == ColumnType::Integer && !is_unique(table, column.name) => format!("{}.n + 1", source.alias),
            5 => self.column(std::slice::from_ref(&source), Some(column.kind)).0,
            _ => {
                let value = value(self.tape, table, column, Some(self.who));
                self.parameter(value)
            }
        };
        let mut sql = format!("UPDATE {target} SET \"{}\" = {new}", column.name);
        let mut form = "update";
        let from = self.tape.rarely(4);
        if from {
            form = "update from";
            sql.push_str(&self.update_from(table, &source));
        } else if self.tape.rarely(6) {
            form = "update without where";
        } else {
            sql.push_str(&format!(" WHERE {}", self.condition(&[source], 2)));
        }
        if !aliased {
            sql.push_str(&self.returning(table, from));
        }
        (sql, form, true)
    }

    /// Joined so that each row meets one other at the most: which of several it met would be the engine's affair.
    pub(super) fn update_from(&mut self, table: &'a Table, target: &Source) -> String {
        let reference = table.references.get(self.tape.pick(table.references.len() + 1));
        let other = match reference {
            Some(reference) => self.tables.iter().find(|it| it.name == reference.table).unwrap_or(table),
            None => self.table(),
        };
        let (from, source) = self.source(other);
        let key = match reference {
            Some(reference) => format!("{}.{}", target.alias, reference.column),
            None => self.column(std::slice::from_ref(target), Some(ColumnType::Uuid)).0,
        };
        let tenant = match (other.scope, table.scope) {
            (Scope::Tenant, Scope::Tenant) => format!("{}.tenant_id = {}.tenant_id AND ", source.alias, target.alias),
            (Scope::Tenant, Scope::Installation) => {
                let tenant = self.parameter(id(TENANTS[0]).into());
                format!("{}.tenant_id = {tenant} AND ", source.alias)
            }
            (Scope::Installation, _) => String::new(),
        };
        let id = format!("{}.id", source.alias);
        let condition = self.condition(&[target.clone(), source], 1);
        format!(" FROM {from} WHERE {tenant}{id} = {key} AND {condition}")
    }

    pub(super) fn delete(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let (target, source, aliased) = self.target(table);
        let mut sql = String::new();
        let mut sources = vec![source];
        if self.tape.rarely(6) {
            let (with, common) = self.common();
            if common.alias != table.name && common.alias != sources[0].alias {
                sql = format!("{with} DELETE FROM {target} WHERE {}.id IN (SELECT x FROM {})", sources[0].alias, common.alias);
                sources.truncate(1);
            } else {
                self.values.clear();
            }
        }
        if sql.is_empty() {
            sql = format!("DELETE FROM {target}");
            if !self.tape.rarely(5) {
                sql.push_str(&format!(" WHERE {}", self.condition(&sources, 2)));
            }
        }
        if !aliased {
            sql.push_str(&self.returning(table, false));
        }
        (sql, "delete", true)
    }
}
