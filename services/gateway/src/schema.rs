//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::{Schema, Step};
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, OnDelete, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "gateway";

pub fn schema() -> Schema {
    Schema::new(SERVICE, vec![doors(), migrations(), steps(), entries(), entry_versions(), purges(), sums()])
        .migration("what all doors together saw", vec![Step::CreateTable(sums())])
}

/// Those who run the tenant.
fn managers() -> Rule {
    Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)])
}

/// What operators see and change, and what the service writes down by itself.
fn operated() -> Policy {
    Policy::closed().read(managers()).insert(managers()).update(managers()).and_system()
}

/// One row: what stands behind the door, and a number that rises with each change, which every process follows.
fn doors() -> Table {
    Table::new("doors", operated())
        .column("legacy", ColumnType::Json)
        .column("version", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
}

/// One row a feature that moves.
fn migrations() -> Table {
    Table::new("route_migrations", operated())
        .column("name", ColumnType::Text)
        .column("path", ColumnType::Text)
        .column("stage", ColumnType::Text)
        .column("settings", ColumnType::Json)
        .column("generation", ColumnType::Integer)
        .column("report", ColumnType::Json)
        .optional("created_by", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["name"])
        .index(&["created_at"])
}

/// Who did what, when and why, with the evidence. Rows are only added.
fn steps() -> Table {
    let policy = Policy::closed().read(managers()).insert(managers().or(Rule::System));
    Table::new("migration_steps", policy.also_read(Rule::System))
        .column("migration_id", ColumnType::Uuid)
        .column("stage", ColumnType::Text)
        .column("percent", ColumnType::Real)
        .optional("taken_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("evidence", ColumnType::Json)
        .column("created_at", ColumnType::Timestamp)
        .reference("migration_id", "route_migrations", OnDelete::Restrict)
        .index(&["migration_id", "created_at"])
}

/// One row a route or an upstream that was stored over the API.
fn entries() -> Table {
    Table::new("stored_entries", operated().delete(managers()))
        .column("kind", ColumnType::Text)
        .column("name", ColumnType::Text)
        .column("definition", ColumnType::Json)
        .column("version", ColumnType::Integer)
        .column("changed_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["kind", "name"])
        .index(&["created_at"])
}

/// What became of them. Rows are only added, and the oldest go when there are too many; the audit log keeps who and when.
fn entry_versions() -> Table {
    let policy = Policy::closed().read(managers()).insert(managers()).delete(managers());
    Table::new("entry_versions", policy)
        .column("kind", ColumnType::Text)
        .column("name", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("act", ColumnType::Text)
        .column("definition", ColumnType::Json)
        .column("changed_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["kind", "name", "version"])
        .index(&["created_at"])
}

/// What the doors forget of their caches. Each process looks for itself, so rows stay for a day.
fn purges() -> Table {
    let policy = Policy::closed().read(managers()).insert(managers()).delete(managers());
    Table::new("cache_purges", policy.and_system())
        .column("what", ColumnType::Text)
        .column("name", ColumnType::Text)
        .optional("purged_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .index(&["created_at"])
}

/// One row a migration: what all doors together saw of its present run. Each adds to it, every few seconds.
fn sums() -> Table {
    Table::new("split_sums", Policy::closed().read(managers()).and_system())
        .column("generation", ColumnType::Integer)
        .column("sums", ColumnType::Json)
        .column("updated_at", ColumnType::Timestamp)
}
