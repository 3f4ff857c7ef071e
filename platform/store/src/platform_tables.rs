//! The tables that every service's database has besides its own: they belong to the transaction that changes rows.

use crate::migrate::{Migration, Step};
use crate::policy::{Policy, Rule};
use crate::schema::{ColumnType, Table};
use banyan_kernel::Role;

pub(crate) fn tables() -> Vec<Table> {
    vec![outbox(), log_readers(), idempotency(), audit(), audit_head(), grants()]
}

/// Events of committed transactions, in the order of `era` and `position`: see [`crate::log`]. Anybody's change may publish; only the
/// service itself and the store read. History that was handled before there was a log stands in an era below zero.
fn outbox() -> Table {
    let own_tenant = || Rule::Tenant("tenant");
    let policy = Policy::closed()
        .insert(own_tenant())
        .read(own_tenant().and(Rule::System).or(Rule::Platform))
        .delete(own_tenant().and(Rule::System).or(Rule::Platform));
    Table::installation("outbox", policy)
        .column("tenant", ColumnType::Uuid)
        .column("era", ColumnType::Integer)
        .column("position", ColumnType::Integer)
        .column("type", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("subject", ColumnType::Text)
        .column("occurred_at", ColumnType::Timestamp)
        .column("data", ColumnType::Json)
        .unique(&["era", "position"])
        .index(&["occurred_at"])
}

/// Who follows the log, and how far each has come: what none of them needs any more may go.
fn log_readers() -> Table {
    let store = || Rule::Platform;
    Table::installation("log_readers", Policy::closed().read(store()).insert(store()).update(store()).delete(store()))
        .column("reader", ColumnType::Text)
        .column("era", ColumnType::Integer)
        .column("position", ColumnType::Integer)
        .column("seen_at", ColumnType::Timestamp)
        .unique(&["reader"])
}

/// What has changed in these tables since they first were.
pub(crate) fn migrations() -> Vec<Migration> {
    let aside = Step::Sql {
        sqlite: "DROP INDEX idx_outbox_occurred_at; ALTER TABLE outbox RENAME TO outbox_before",
        postgres: "DROP INDEX {schema}.idx_outbox_occurred_at; ALTER TABLE {schema}.outbox RENAME TO outbox_before; \
                   ALTER INDEX {schema}.outbox_pkey RENAME TO outbox_before_pkey; \
                   ALTER TABLE {schema}.outbox_before NO FORCE ROW LEVEL SECURITY",
    };
    // What was handled is history; what is still to be delivered is taken over by the consumers' part, from `deliveries`.
    let fill = Step::Sql {
        sqlite: "INSERT INTO outbox (id, tenant, era, position, type, version, subject, occurred_at, data) \
                 SELECT id, tenant_id, -1, row_number() OVER (ORDER BY id), type, version, subject, occurred_at, data \
                 FROM outbox_before; DROP TABLE outbox_before",
        postgres: "INSERT INTO {schema}.outbox (id, tenant, era, position, type, version, subject, occurred_at, data) \
                   SELECT id, tenant_id, -1, row_number() OVER (ORDER BY id), type, version, subject, occurred_at, data \
                   FROM {schema}.outbox_before; DROP TABLE {schema}.outbox_before",
    };
    let steps = vec![aside, Step::CreateTable(outbox()), Step::CreateTable(log_readers()), fill];
    // The rights are declared with the policies, which each migration makes anew.
    let readers = Migration { name: "other services' processes read the log under a role of its own", steps: Vec::new() };
    vec![Migration { name: "the outbox is a log", steps }, readers]
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

/// A person lets another read chosen kinds of her rows, and takes it back. The service itself erases those of a person who is erased.
pub(crate) fn grants() -> Table {
    let owner = || Rule::Owner("owner_id");
    let policy = Policy::closed()
        .read(Rule::AnyOf(vec![owner(), Rule::Owner("grantee_id"), Rule::Elevated, Rule::System]))
        .insert(owner())
        .update(owner())
        .delete(Rule::System);
    Table::new("grants", policy)
        .column("owner_id", ColumnType::Uuid)
        .column("grantee_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .index(&["owner_id", "kind"])
        .index(&["grantee_id", "kind", "owner_id"])
}
