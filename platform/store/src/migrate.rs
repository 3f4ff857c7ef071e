//! A service's schema and how a database of an earlier version becomes the present one.
//!
//! A fresh database is made from the declared tables. One that exists runs the migrations it has not seen; a test of each
//! service compares both ways. Versions count from 1, the first release of a service; each migration adds one.

mod ddl;
pub mod inspect;
mod parts;
mod postgres;
mod sqlite;

use crate::schema::{Column, Index, Table};

pub(crate) use ddl::Dialect;
pub(crate) use postgres::{Standing, look as look_postgres, migrate as migrate_postgres};
pub(crate) use sqlite::{look as look_sqlite, migrate as migrate_sqlite};

/// A service's database.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Names the SQLite file and the PostgreSQL schema.
    pub service: &'static str,
    /// Those of its parts, too.
    pub tables: Vec<Table>,
    pub migrations: Vec<Migration>,
    parts: Vec<Part>,
}

/// Tables that a room of the platform adds to each service's database, with versions of their own: a service's migrations know nothing
/// of them. A database that does not have the part yet gets its tables as they are declared.
#[derive(Clone, Debug)]
pub struct Part {
    /// Stored with its version: never rename one.
    pub name: &'static str,
    pub tables: Vec<Table>,
    pub migrations: Vec<Migration>,
    /// What is done beside making the tables where the database was there before the part was.
    pub adoption: Vec<Step>,
}

impl Part {
    pub fn new(name: &'static str, tables: Vec<Table>) -> Self {
        Self { name, tables, migrations: Vec::new(), adoption: Vec::new() }
    }

    #[must_use]
    pub fn adoption(mut self, steps: Vec<Step>) -> Self {
        self.adoption = steps;
        self
    }

    #[must_use]
    pub fn migration(mut self, name: &'static str, steps: Vec<Step>) -> Self {
        self.migrations.push(Migration { name, steps });
        self
    }

    fn version(&self) -> u32 {
        version_after(&self.migrations)
    }
}

/// One step from version n to n + 1, in one transaction.
#[derive(Clone, Debug)]
pub struct Migration {
    pub name: &'static str,
    pub steps: Vec<Step>,
}

/// A change that both dialects can make.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a handful at each start")]
pub enum Step {
    CreateTable(Table),
    DropTable(&'static str),
    /// `default` is an SQL literal, needed where the column is `NOT NULL`.
    AddColumn {
        table: &'static str,
        column: Column,
        default: Option<&'static str>,
    },
    DropColumn {
        table: &'static str,
        column: &'static str,
    },
    CreateIndex {
        table: &'static str,
        index: Index,
    },
    DropIndex {
        table: &'static str,
        index: Index,
    },
    /// What the steps above cannot say, per dialect. `{service}` stands for the service's name, and in that of
    /// PostgreSQL `{schema}` for its schema, in quotes.
    Sql {
        sqlite: &'static str,
        postgres: &'static str,
    },
}

impl Schema {
    pub fn new(service: &'static str, tables: Vec<Table>) -> Self {
        Self { service, tables, migrations: Vec::new(), parts: Vec::new() }
    }

    /// Adds a part of the platform, with its tables.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.tables.extend(part.tables.iter().cloned());
        self.parts.push(part);
        self
    }

    #[must_use]
    pub fn migration(mut self, name: &'static str, steps: Vec<Step>) -> Self {
        self.migrations.push(Migration { name, steps });
        self
    }

    /// The version that this program makes and understands: it rises with each change of the service's own tables and of those that the
    /// platform adds.
    pub fn version(&self) -> u32 {
        let platform = version_after(&crate::platform_tables::migrations()) - 1;
        self.parts.iter().fold(version_after(&self.migrations) + platform, |sum, part| sum + part.version())
    }

    pub(crate) fn with_platform_tables(mut self) -> Self {
        if !self.tables.iter().any(|table| table.name == "outbox") {
            self.tables.extend(crate::platform_tables::tables());
        }
        self
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

fn version_after(migrations: &[Migration]) -> u32 {
    1 + u32::try_from(migrations.len()).unwrap_or(u32::MAX / 1_000)
}

/// Whether opening a store may change the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// Makes the tables, or brings them to this program's version.
    Migrate,
    /// Refuses what is not at this program's version.
    LookOnly,
}

/// What a migration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created { version: u32 },
    Migrated { from: u32, to: u32 },
    UpToDate { version: u32 },
}

impl Outcome {
    /// Whether nothing has to be done.
    pub(crate) fn is_up_to_date(self) -> bool {
        matches!(self, Self::UpToDate { .. })
    }

    /// What is found, in words, where it is not what the program needs.
    pub(crate) fn shortfall(self, service: &str) -> String {
        match self {
            Self::Created { version } => {
                format!("the tables of service `{service}` are not there; this program needs version {version}")
            }
            Self::Migrated { from, to } => {
                format!("the tables of service `{service}` have version {from}; this program needs version {to}")
            }
            Self::UpToDate { version } => format!("the tables of service `{service}` have version {version}"),
        }
    }

    pub(crate) fn decide(found: Option<u32>, schema: &Schema) -> Result<Self, crate::StoreError> {
        let version = schema.version();
        match found {
            None => Ok(Self::Created { version }),
            Some(found) if found == version => Ok(Self::UpToDate { version }),
            Some(found) if found < version => Ok(Self::Migrated { from: found, to: version }),
            Some(found) => Err(crate::StoreError::Newer(format!(
                "the data of service `{}` has version {found}, written by a newer Banyan; this one understands up to {version}. \
                 Start the newer program, or restore a backup made before the upgrade",
                schema.service
            ))),
        }
    }
}
