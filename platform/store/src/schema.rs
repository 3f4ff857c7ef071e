//! Tables as a service declares them, once for both engines.

use crate::policy::Policy;

/// A column's type. The two dialects store the same values:
///
/// | here | PostgreSQL | SQLite |
/// |---|---|---|
/// | `Uuid` | `uuid` | `uuid_blob`, 16 bytes |
/// | `Text` | `text COLLATE "C"` | `text` (`BINARY`) |
/// | `Integer` | `bigint` | `integer` |
/// | `Real` | `double precision` | `real` |
/// | `Boolean` | `boolean` | `boolean`, 0 or 1 |
/// | `Timestamp` | `timestamptz` | `timestamp_integer`, microseconds since the epoch |
/// | `Json` | `jsonb` | `json_text` |
/// | `Bytes` | `bytea` | `blob` |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Uuid,
    Text,
    Integer,
    Real,
    Boolean,
    Timestamp,
    Json,
    Bytes,
}

/// Whether a column may be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nullability {
    Required,
    Optional,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
    pub nullability: Nullability,
}

/// What happens to rows that point at a row that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    Restrict,
    Cascade,
    SetNull,
}

/// A foreign key on `(tenant_id, column)` → `(tenant_id, id)`: composite, so that no key of another tenant can be probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub column: &'static str,
    pub table: &'static str,
    pub on_delete: OnDelete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    Unique,
    Plain,
}

/// An index. On a tenant's table it leads with `tenant_id`, which is not repeated in `columns` nor in the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub columns: Vec<&'static str>,
    pub uniqueness: Uniqueness,
}

impl Index {
    /// `idx_<table>_<columns>`.
    pub fn name(&self, table: &str) -> String {
        format!("idx_{table}_{}", self.columns.join("_"))
    }
}

/// To whom a table's rows belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Rows belong to a tenant: `tenant_id` leads the primary key and every index, and no policy can look past it.
    Tenant,
    /// Rows belong to the installation (tenants, signing keys): the primary key is `id` alone and only rules decide.
    Installation,
}

/// One table: `tenant_id` (in scope [`Scope::Tenant`]) and `id` are there without being declared, both `uuid`.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub scope: Scope,
    /// All columns, `tenant_id` and `id` included, in order.
    pub columns: Vec<Column>,
    pub references: Vec<Reference>,
    pub indexes: Vec<Index>,
    pub policy: Policy,
}

impl Table {
    /// A table of tenants' rows.
    pub fn new(name: &'static str, policy: Policy) -> Self {
        Self::with_scope(name, Scope::Tenant, policy).column("tenant_id", ColumnType::Uuid).column("id", ColumnType::Uuid)
    }

    /// A table of the installation's rows.
    pub fn installation(name: &'static str, policy: Policy) -> Self {
        Self::with_scope(name, Scope::Installation, policy).column("id", ColumnType::Uuid)
    }

    fn with_scope(name: &'static str, scope: Scope, policy: Policy) -> Self {
        Self { name, scope, columns: Vec::new(), references: Vec::new(), indexes: Vec::new(), policy }
    }

    /// A column that is `NOT NULL`.
    #[must_use]
    pub fn column(mut self, name: &'static str, kind: ColumnType) -> Self {
        self.columns.push(Column { name, kind, nullability: Nullability::Required });
        self
    }

    /// A column that may be NULL.
    #[must_use]
    pub fn optional(mut self, name: &'static str, kind: ColumnType) -> Self {
        self.columns.push(Column { name, kind, nullability: Nullability::Optional });
        self
    }

    /// Declares that `column` holds the id of a row of `table`, in the same tenant and service.
    #[must_use]
    pub fn reference(mut self, column: &'static str, table: &'static str, on_delete: OnDelete) -> Self {
        self.references.push(Reference { column, table, on_delete });
        self
    }

    #[must_use]
    pub fn index(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push(Index { columns: columns.to_vec(), uniqueness: Uniqueness::Plain });
        self
    }

    #[must_use]
    pub fn unique(mut self, columns: &[&'static str]) -> Self {
        self.indexes.push(Index { columns: columns.to_vec(), uniqueness: Uniqueness::Unique });
        self
    }

    /// The primary key's columns.
    pub fn primary_key(&self) -> &'static [&'static str] {
        match self.scope {
            Scope::Tenant => &["tenant_id", "id"],
            Scope::Installation => &["id"],
        }
    }
}
