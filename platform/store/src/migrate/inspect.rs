//! What a live database holds, in one shape for both engines: so that they can be compared with each other and with the declaration.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Schema;
use crate::error::StoreError;
use crate::schema::{ColumnType, Nullability, OnDelete, Scope, Table, Uniqueness};
use crate::store::{Database, Store};

/// A table as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableShape {
    /// Name → type and nullability.
    pub columns: BTreeMap<String, String>,
    pub primary_key: Vec<String>,
    /// Name → `unique` or `plain`, and the columns.
    pub indexes: BTreeMap<String, (String, Vec<String>)>,
    /// Own columns → table and action.
    pub references: BTreeMap<String, String>,
}

/// Table name → shape.
pub type Shape = BTreeMap<String, TableShape>;

impl Schema {
    /// What the declaration asks for.
    pub fn shape(&self) -> Shape {
        self.tables.iter().map(|table| (table.name.to_owned(), declared(table))).collect()
    }
}

impl Store {
    /// What the database holds.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn inspect(&self) -> Result<Shape, StoreError> {
        let mut shape = match &self.0.database {
            Database::Sqlite(database) => sqlite::inspect(database.path())?,
            Database::Postgres(database) => postgres::inspect(&database.outside().await?, self.service()).await?,
        };
        shape.remove("schema_version");
        shape.remove("schema_parts");
        Ok(shape)
    }
}

fn declared(table: &Table) -> TableShape {
    let columns =
        table.columns.iter().map(|column| (column.name.to_owned(), column_shape(word(column.kind), column.nullability)));
    let indexes = table.indexes.iter().map(|index| {
        let tenant = (table.scope == Scope::Tenant && index.columns.first() != Some(&"tenant_id")).then_some("tenant_id");
        let columns = tenant.into_iter().chain(index.columns.iter().copied()).map(str::to_owned).collect();
        (index.name(table.name), (uniqueness(index.uniqueness == Uniqueness::Unique), columns))
    });
    let references = table.references.iter().map(|reference| {
        let key = match table.scope {
            Scope::Tenant => format!("tenant_id, {}", reference.column),
            Scope::Installation => reference.column.to_owned(),
        };
        let action = match reference.on_delete {
            OnDelete::Restrict => "restrict",
            OnDelete::Cascade => "cascade",
            OnDelete::SetNull => "set null",
        };
        (key, format!("{} {action}", reference.table))
    });
    TableShape {
        columns: columns.collect(),
        primary_key: table.primary_key().iter().map(|column| (*column).to_owned()).collect(),
        indexes: indexes.collect(),
        references: references.collect(),
    }
}

fn word(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Uuid => "uuid",
        ColumnType::Text => "text",
        ColumnType::Integer => "integer",
        ColumnType::Real => "real",
        ColumnType::Boolean => "boolean",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Json => "json",
        ColumnType::Bytes => "bytes",
    }
}

fn column_shape(kind: &str, nullability: Nullability) -> String {
    match nullability {
        Nullability::Required => format!("{kind} not null"),
        Nullability::Optional => kind.to_owned(),
    }
}

fn uniqueness(unique: bool) -> String {
    if unique { "unique".to_owned() } else { "plain".to_owned() }
}

mod sqlite {
    use std::path::Path;

    use rusqlite::{Connection, OpenFlags, Row};

    use super::{Shape, StoreError, TableShape, column_shape, uniqueness};
    use crate::schema::Nullability;

    pub(super) fn inspect(path: &Path) -> Result<Shape, StoreError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        let tables =
            list(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", |row| {
                row.get::<_, String>(0)
            })?;
        tables.into_iter().map(|name| Ok((name.clone(), table(&connection, &name)?))).collect()
    }

    fn table(connection: &Connection, name: &str) -> Result<TableShape, StoreError> {
        let mut shape = TableShape::default();
        let mut key = Vec::new();
        let columns = list(connection, &format!("PRAGMA table_info(\"{name}\")"), |row| {
            Ok((row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?, row.get::<_, i64>(5)?))
        })?;
        for (column, kind, not_null, place) in columns {
            let nullability = if not_null == 1 { Nullability::Required } else { Nullability::Optional };
            if place > 0 {
                key.push((place, column.clone()));
            }
            shape.columns.insert(column, column_shape(word(&kind), nullability));
        }
        key.sort();
        shape.primary_key = key.into_iter().map(|(_, column)| column).collect();
        let indexes = list(connection, &format!("PRAGMA index_list(\"{name}\")"), |row| {
            Ok((row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
        })?;
        for (index, unique, origin) in indexes {
            if origin == "c" {
                let columns = list(connection, &format!("PRAGMA index_info(\"{index}\")"), |row| row.get::<_, String>(2))?;
                shape.indexes.insert(index, (uniqueness(unique == 1), columns));
            }
        }
        let triggers = list(
            connection,
            &format!("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '{name}\\_%\\_set\\_null' ESCAPE '\\'"),
            |row| row.get::<_, String>(0),
        )?;
        let keys = list(connection, &format!("PRAGMA foreign_key_list(\"{name}\")"), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?, row.get::<_, String>(6)?))
        })?;
        let mut grouped: std::collections::BTreeMap<i64, (String, Vec<String>, String)> = std::collections::BTreeMap::new();
        for (id, parent, column, action) in keys {
            let entry = grouped.entry(id).or_insert_with(|| (parent, Vec::new(), action));
            entry.1.push(column);
        }
        for (parent, columns, action) in grouped.into_values() {
            let own = columns.last().cloned().unwrap_or_default();
            let by_trigger = triggers.contains(&format!("{name}_{own}_set_null"));
            let action = match (action.as_str(), by_trigger) {
                ("CASCADE", _) => "cascade",
                (_, true) => "set null",
                _ => "restrict",
            };
            shape.references.insert(columns.join(", "), format!("{parent} {action}"));
        }
        Ok(shape)
    }

    /// SQLite writes the standard types in capitals.
    fn word(kind: &str) -> &'static str {
        match kind.to_ascii_lowercase().as_str() {
            "uuid_blob" => "uuid",
            "text" => "text",
            "integer" => "integer",
            "real" => "real",
            "boolean" => "boolean",
            "timestamp_integer" => "timestamp",
            "json_text" => "json",
            "blob" => "bytes",
            _ => "unknown",
        }
    }

    fn list<T>(
        connection: &Connection,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = connection.prepare(sql).map_err(failed)?;
        let rows = statement.query_map([], read).map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    #[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
    fn failed(error: rusqlite::Error) -> StoreError {
        StoreError::Database(error.to_string())
    }
}

mod postgres {
    use tokio_postgres::Client;

    use super::{Shape, StoreError, column_shape, uniqueness};
    use crate::postgres::failed;
    use crate::schema::Nullability;

    const COLUMNS: &str = "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull \
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped";
    const INDEXES: &str = "SELECT t.relname, i.relname, x.indisunique, x.indisprimary, \
        (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(x.indkey) WITH ORDINALITY AS k(number, place) \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) \
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = $1";
    const REFERENCES: &str = "SELECT t.relname, p.relname, f.confdeltype::text, \
        (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY AS k(number, place) \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) \
        FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid \
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = $1 AND f.contype = 'f'";

    pub(super) async fn inspect(client: &Client, schema: &str) -> Result<Shape, StoreError> {
        let mut shape = Shape::new();
        for row in client.query(COLUMNS, &[&schema]).await.map_err(failed)? {
            let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
            let nullability = if row.get(3) { Nullability::Required } else { Nullability::Optional };
            shape.entry(table).or_default().columns.insert(column, column_shape(word(&kind), nullability));
        }
        for row in client.query(INDEXES, &[&schema]).await.map_err(failed)? {
            let (table, index, unique, primary): (String, String, bool, bool) = (row.get(0), row.get(1), row.get(2), row.get(3));
            let columns: Vec<String> = row.get(4);
            let entry = shape.entry(table).or_default();
            if primary {
                entry.primary_key = columns;
            } else {
                entry.indexes.insert(index, (uniqueness(unique), columns));
            }
        }
        for row in client.query(REFERENCES, &[&schema]).await.map_err(failed)? {
            let (table, parent, action): (String, String, String) = (row.get(0), row.get(1), row.get(2));
            let columns: Vec<String> = row.get(3);
            let action = match action.as_str() {
                "c" => "cascade",
                "n" => "set null",
                _ => "restrict",
            };
            shape.entry(table).or_default().references.insert(columns.join(", "), format!("{parent} {action}"));
        }
        Ok(shape)
    }

    fn word(kind: &str) -> &'static str {
        match kind {
            "uuid" => "uuid",
            "text" => "text",
            "bigint" => "integer",
            "double precision" => "real",
            "boolean" => "boolean",
            "timestamp with time zone" => "timestamp",
            "jsonb" => "json",
            "bytea" => "bytes",
            _ => "unknown",
        }
    }
}
