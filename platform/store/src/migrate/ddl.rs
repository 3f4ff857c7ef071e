//! SQL of a table in either dialect. Names are our own, plain and lower case; they are quoted all the same.

use std::fmt::Write;

use crate::migrate::{Schema, Step};
use crate::schema::{Column, ColumnType, Index, Nullability, OnDelete, Scope, Table, Uniqueness};

/// How statements are written; PostgreSQL qualifies with the service's schema.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect<'a> {
    Sqlite,
    Postgres { schema: &'a str },
}

impl Dialect<'_> {
    pub(crate) fn table(self, name: &str) -> String {
        match self {
            Self::Sqlite => format!("\"{name}\""),
            Self::Postgres { schema } => format!("\"{schema}\".\"{name}\""),
        }
    }

    fn kind(self, kind: ColumnType) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, ColumnType::Uuid) => "uuid_blob",
            (Self::Sqlite, ColumnType::Text) => "text",
            (Self::Sqlite, ColumnType::Integer) => "integer",
            (Self::Sqlite, ColumnType::Real) => "real",
            (Self::Sqlite, ColumnType::Timestamp) => "timestamp_integer",
            (Self::Sqlite, ColumnType::Json) => "json_text",
            (Self::Sqlite, ColumnType::Bytes) => "blob",
            (_, ColumnType::Boolean) => "boolean",
            (Self::Postgres { .. }, ColumnType::Uuid) => "uuid",
            (Self::Postgres { .. }, ColumnType::Text) => "text COLLATE \"C\"",
            (Self::Postgres { .. }, ColumnType::Integer) => "bigint",
            (Self::Postgres { .. }, ColumnType::Real) => "double precision",
            (Self::Postgres { .. }, ColumnType::Timestamp) => "timestamptz",
            (Self::Postgres { .. }, ColumnType::Json) => "jsonb",
            (Self::Postgres { .. }, ColumnType::Bytes) => "bytea",
        }
    }

    pub(crate) fn column(self, column: &Column) -> String {
        let null = match column.nullability {
            Nullability::Required => " NOT NULL",
            Nullability::Optional => "",
        };
        format!("\"{}\" {}{null}", column.name, self.kind(column.kind))
    }

    /// `CREATE TABLE`, its indexes, and on SQLite the triggers that stand for `SET NULL` of one column of a composite key.
    pub(crate) fn create_table(self, table: &Table) -> Vec<String> {
        let mut sql = format!("CREATE TABLE {} (", self.table(table.name));
        for column in &table.columns {
            let _ = write!(sql, "{}, ", self.column(column));
        }
        let _ = write!(sql, "CONSTRAINT \"{}_pkey\" PRIMARY KEY ({})", table.name, quoted(table.primary_key()));
        let mut triggers = Vec::new();
        for reference in &table.references {
            let (from, to) = match table.scope {
                Scope::Tenant => (vec!["tenant_id", reference.column], vec!["tenant_id", "id"]),
                Scope::Installation => (vec![reference.column], vec!["id"]),
            };
            let action = match (reference.on_delete, self) {
                (OnDelete::Restrict, _) => String::new(),
                (OnDelete::Cascade, _) => " ON DELETE CASCADE".to_owned(),
                (OnDelete::SetNull, Self::Postgres { .. }) => format!(" ON DELETE SET NULL (\"{}\")", reference.column),
                // SQLite would null `tenant_id` as well; the trigger below nulls the one column first.
                (OnDelete::SetNull, Self::Sqlite) => {
                    triggers.push(set_null_trigger(table, reference.column, reference.table));
                    String::new()
                }
            };
            let _ = write!(
                sql,
                ", CONSTRAINT \"{}_{}_fkey\" FOREIGN KEY ({}) REFERENCES {} ({}){action}",
                table.name,
                reference.column,
                quoted(&from),
                self.table(reference.table),
                quoted(&to)
            );
        }
        sql.push(')');
        let mut statements = vec![sql];
        statements.extend(table.indexes.iter().map(|index| self.create_index(table, index)));
        statements.extend(triggers);
        statements
    }

    pub(crate) fn create_index(self, table: &Table, index: &Index) -> String {
        let mut columns: Vec<&str> = Vec::new();
        if table.scope == Scope::Tenant && index.columns.first() != Some(&"tenant_id") {
            columns.push("tenant_id");
        }
        columns.extend(&index.columns);
        let unique = if index.uniqueness == Uniqueness::Unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX \"{}\" ON {} ({})", index.name(table.name), self.table(table.name), quoted(&columns))
    }

    /// The statements of one migration step. Indexes need the table's declaration for its scope.
    pub(crate) fn step(self, schema: &Schema, step: &Step) -> Vec<String> {
        match step {
            Step::CreateTable(table) => self.create_table(table),
            Step::DropTable(table) => vec![format!("DROP TABLE {}", self.table(table))],
            Step::AddColumn { table, column, default } => {
                let default = default.map(|literal| format!(" DEFAULT {literal}")).unwrap_or_default();
                vec![format!("ALTER TABLE {} ADD COLUMN {}{default}", self.table(table), self.column(column))]
            }
            Step::DropColumn { table, column } => {
                vec![format!("ALTER TABLE {} DROP COLUMN \"{column}\"", self.table(table))]
            }
            Step::CreateIndex { table, index } => {
                schema.table(table).map(|table| self.create_index(table, index)).into_iter().collect()
            }
            Step::DropIndex { table, index } => {
                let name = index.name(table);
                vec![match self {
                    Self::Sqlite => format!("DROP INDEX \"{name}\""),
                    Self::Postgres { schema } => format!("DROP INDEX \"{schema}\".\"{name}\""),
                }]
            }
            Step::Sql { sqlite, postgres } => {
                let sql = match self {
                    Self::Sqlite => (*sqlite).to_owned(),
                    Self::Postgres { schema: name } => postgres.replace("{schema}", &format!("\"{name}\"")),
                };
                let sql = sql.replace("{service}", schema.service);
                if sql.is_empty() { Vec::new() } else { vec![sql] }
            }
        }
    }
}

fn set_null_trigger(table: &Table, column: &str, parent: &str) -> String {
    let tenant = match table.scope {
        Scope::Tenant => "\"tenant_id\" = OLD.\"tenant_id\" AND ",
        Scope::Installation => "",
    };
    let child = table.name;
    format!(
        "CREATE TRIGGER \"{child}_{column}_set_null\" BEFORE DELETE ON \"{parent}\" BEGIN \
         UPDATE \"{child}\" SET \"{column}\" = NULL WHERE {tenant}\"{column}\" = OLD.\"id\"; END"
    )
}

fn quoted(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}
