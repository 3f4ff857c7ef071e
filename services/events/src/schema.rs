//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, Table};

/// The service's name: its database file or schema, and the beginning of its log's name.
pub const SERVICE: &str = "events";

pub fn schema() -> Schema {
    Schema::new(SERVICE, vec![publishers(), received()])
}

/// One row a prefix: which types an account's programs may publish.
fn publishers() -> Table {
    let managers = || Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)]);
    Table::new("publishers", Policy::closed().read(managers()).insert(managers()).delete(managers()).and_system())
        .column("account_id", ColumnType::Uuid)
        .column("prefix", ColumnType::Text)
        .column("created_by", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["account_id", "prefix"])
        .index(&["created_at"])
}

/// What was accepted, by the names that the programs gave, so that what is sent twice is written once. Rows go after two weeks.
fn received() -> Table {
    Table::installation("received_events", Policy::system())
        .column("tenant", ColumnType::Uuid)
        .column("source", ColumnType::Text)
        .column("event_id", ColumnType::Text)
        .column("digest", ColumnType::Text)
        .column("stored_id", ColumnType::Uuid)
        .unique(&["tenant", "source", "event_id"])
}
