//! The tables that every service's database has besides its own: they belong to the transaction that changes rows.

use crate::policy::{Policy, Rule};
use crate::schema::{ColumnType, Table};
use banyan_kernel::Role;

pub(crate) fn tables() -> Vec<Table> {
    vec![outbox(), deliveries(), idempotency(), audit(), audit_head(), grants()]
}

/// Events of committed transactions. Anybody's change may publish; only the service itself reads.
fn outbox() -> Table {
    Table::new("outbox", Policy::closed().insert(Rule::Anyone).read(Rule::System).delete(Rule::System))
        .column("type", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("subject", ColumnType::Text)
        .column("occurred_at", ColumnType::Timestamp)
        .column("data", ColumnType::Json)
        .index(&["occurred_at"])
}

/// What is still to be delivered: one row for an event and a consumer, deleted in the transaction of the effect.
fn deliveries() -> Table {
    let worker = || Rule::AnyOf(vec![Rule::System, Rule::Platform]);
    let policy = Policy::closed().insert(Rule::Tenant("tenant")).read(worker()).update(worker()).delete(worker());
    Table::installation("deliveries", policy)
        .column("tenant", ColumnType::Uuid)
        .column("event_id", ColumnType::Uuid)
        .column("consumer", ColumnType::Text)
        .column("attempts", ColumnType::Integer)
        .column("due_at", ColumnType::Timestamp)
        .optional("last_error", ColumnType::Text)
        .optional("dead_at", ColumnType::Timestamp)
        .index(&["consumer", "dead_at", "due_at"])
        .index(&["event_id"])
}

/// Answers that were given under an `Idempotency-Key`, encrypted, for 24 h. The service itself may look for old ones to delete.
fn idempotency() -> Table {
    let own = || Rule::Owner("user_id");
    Table::new("idempotency", Policy::closed().read(own().or(Rule::System)).insert(own()).delete(own().or(Rule::System)))
        .column("user_id", ColumnType::Uuid)
        .column("key_hash", ColumnType::Bytes)
        .column("request_hash", ColumnType::Bytes)
        .column("answer", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["user_id", "key_hash"])
        .index(&["created_at"])
}

/// Who did what, hash-chained over all tenants of the service, append-only.
fn audit() -> Table {
    let reviewer = Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)]);
    let own_tenant = || Rule::Tenant("tenant");
    let policy = Policy::closed().read(own_tenant().and(reviewer).or(Rule::Platform)).insert(own_tenant().and(Rule::Platform));
    Table::installation("audit", policy)
        .column("tenant", ColumnType::Uuid)
        .column("position", ColumnType::Integer)
        .column("occurred_at", ColumnType::Timestamp)
        .column("actor", ColumnType::Text)
        .optional("actor_id", ColumnType::Uuid)
        .column("request_id", ColumnType::Uuid)
        .column("action", ColumnType::Text)
        .optional("subject_id", ColumnType::Uuid)
        .optional("object", ColumnType::Text)
        .optional("object_id", ColumnType::Uuid)
        .optional("permission", ColumnType::Text)
        .optional("reason", ColumnType::Text)
        .column("detail", ColumnType::Text)
        .column("previous_hash", ColumnType::Bytes)
        .column("hash", ColumnType::Bytes)
        .unique(&["position"])
        .index(&["tenant", "occurred_at"])
        .index(&["tenant", "actor_id", "occurred_at"])
        .index(&["tenant", "subject_id", "occurred_at"])
}

/// The end of the chain: one row. Its lock orders the writers of the chain on PostgreSQL.
fn audit_head() -> Table {
    let store = || Rule::Platform;
    Table::installation("audit_head", Policy::closed().read(store()).insert(store()).update(store()))
        .column("position", ColumnType::Integer)
        .column("hash", ColumnType::Bytes)
}

/// A person lets another read chosen kinds of her rows, and takes it back.
fn grants() -> Table {
    let owner = || Rule::Owner("owner_id");
    let policy = Policy::closed()
        .read(Rule::AnyOf(vec![owner(), Rule::Owner("grantee_id"), Rule::Elevated]))
        .insert(owner())
        .update(owner());
    Table::new("grants", policy)
        .column("owner_id", ColumnType::Uuid)
        .column("grantee_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .index(&["owner_id", "kind"])
        .index(&["grantee_id", "kind", "owner_id"])
}
