//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::{Schema, Step};
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, Table};

/// The service's name: its database file or schema, and the beginning of its log's name.
pub const SERVICE: &str = "events";

pub fn schema() -> Schema {
    let tables = vec![publishers(), received(), webhooks(), webhook_deliveries()];
    let steps = vec![Step::CreateTable(webhooks()), Step::CreateTable(webhook_deliveries())];
    Schema::new(SERVICE, tables).migration("subscriptions by webhook", steps)
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

/// Those who manage the tenant, and whoever made the subscription. The rows of all tenants stand together: what is read from the logs is for
/// any of them.
fn subscribers() -> Rule {
    let own = Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner), Rule::Owner("owner_id")]);
    Rule::Tenant("tenant").and(own)
}

/// One row an address that is told of events. Its secrets are sealed.
fn webhooks() -> Table {
    let policy = Policy::closed().read(subscribers()).insert(subscribers()).update(subscribers()).delete(subscribers());
    Table::installation("webhooks", policy.and_system())
        .column("tenant", ColumnType::Uuid)
        .column("owner_id", ColumnType::Uuid)
        .column("url", ColumnType::Text)
        // With commas between them; nothing: all.
        .column("types", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .column("enabled", ColumnType::Boolean)
        .column("secret", ColumnType::Bytes)
        .optional("former_secret", ColumnType::Bytes)
        .optional("former_until", ColumnType::Timestamp)
        // Attempts that failed since the last that did not.
        .column("failures", ColumnType::Integer)
        .optional("failing_since", ColumnType::Timestamp)
        .optional("disabled_reason", ColumnType::Text)
        .optional("disabled_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .index(&["tenant", "created_at"])
}

/// One row an event for an address, with what became of it.
fn webhook_deliveries() -> Table {
    let policy = Policy::closed().read(subscribers()).delete(subscribers());
    Table::installation("webhook_deliveries", policy.and_system())
        .column("tenant", ColumnType::Uuid)
        .column("owner_id", ColumnType::Uuid)
        .column("webhook_id", ColumnType::Uuid)
        .column("event_id", ColumnType::Uuid)
        .column("event_type", ColumnType::Text)
        .column("event", ColumnType::Json)
        // `waiting`, `delivered` or `failed`.
        .column("state", ColumnType::Text)
        .column("attempts", ColumnType::Integer)
        .column("due_at", ColumnType::Timestamp)
        // The latest attempts, the latest at the end.
        .column("history", ColumnType::Json)
        .column("created_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .unique(&["webhook_id", "event_id"])
        .index(&["webhook_id", "state", "due_at"])
        .index(&["webhook_id", "created_at"])
        .index(&["state", "due_at"])
        .index(&["created_at"])
}
