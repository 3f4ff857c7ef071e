//! The consumers' tables. They hold rows of all tenants, so that only the service itself comes near them.

use banyan_store::migrate::{Part, Step};
use banyan_store::{ColumnType, Policy, Table};

pub(crate) fn part() -> Part {
    Part::new("log", vec![partitions(), nodes(), consumed(), parked()]).adoption(adoption())
}

/// Who reads a part of a log, and how far it was handled. `fence` rises with each owner.
fn partitions() -> Table {
    Table::installation("consumer_partitions", Policy::system())
        .column("consumer", ColumnType::Text)
        .column("source", ColumnType::Text)
        .column("partition", ColumnType::Integer)
        .optional("owner", ColumnType::Uuid)
        .column("fence", ColumnType::Integer)
        .column("era", ColumnType::Integer)
        .column("position", ColumnType::Integer)
        .column("changed_at", ColumnType::Timestamp)
        .unique(&["consumer", "source", "partition"])
}

/// The processes that run the service's consumers. One that does not come back before `expires_at` owns nothing any more.
fn nodes() -> Table {
    Table::installation("consumer_nodes", Policy::system()).column("expires_at", ColumnType::Timestamp)
}

/// What was handled: the id is made of the event's and the consumer's name, see [`super::event::consumption`].
fn consumed() -> Table {
    Table::installation("consumed_events", Policy::system()).column("consumer", ColumnType::Text)
}

/// Events that wait: for another attempt, for an earlier one about the same subject, or, with `dead_at`, for a person. The id is that of
/// the row in `consumed_events` that will say that it was handled.
fn parked() -> Table {
    Table::installation("parked_events", Policy::system())
        .column("tenant", ColumnType::Uuid)
        .column("consumer", ColumnType::Text)
        .column("source", ColumnType::Text)
        .column("partition", ColumnType::Integer)
        .column("order_key", ColumnType::Integer)
        .column("event_id", ColumnType::Uuid)
        .column("era", ColumnType::Integer)
        .column("position", ColumnType::Integer)
        .column("type", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("subject", ColumnType::Text)
        .column("occurred_at", ColumnType::Timestamp)
        .column("data", ColumnType::Json)
        .column("attempts", ColumnType::Integer)
        .column("due_at", ColumnType::Timestamp)
        .column("history", ColumnType::Json)
        .optional("dead_at", ColumnType::Timestamp)
        .index(&["consumer", "source", "dead_at", "era", "position"])
        .index(&["dead_at", "id"])
}

/// What earlier versions had still to deliver goes on where it stood. A delivery that has not been tried waits as if it had failed: it is
/// due at once, in its order.
fn adoption() -> Vec<Step> {
    const SQLITE: &str = "INSERT INTO parked_events (id, tenant, consumer, source, partition, order_key, event_id, era, position, type, \
        version, subject, occurred_at, data, attempts, due_at, history, dead_at) \
        SELECT d.id, d.tenant, d.consumer, '{service}', 0, 0, d.event_id, o.era, o.position, o.type, o.version, o.subject, o.occurred_at, \
        o.data, d.attempts, d.due_at, '[]', d.dead_at FROM deliveries d JOIN outbox o ON o.id = d.event_id; DROP TABLE deliveries";
    const POSTGRES: &str = "ALTER TABLE {schema}.deliveries NO FORCE ROW LEVEL SECURITY; \
        INSERT INTO {schema}.parked_events (id, tenant, consumer, source, partition, order_key, event_id, era, position, type, \
        version, subject, occurred_at, data, attempts, due_at, history, dead_at) \
        SELECT d.id, d.tenant, d.consumer, '{service}', 0, 0, d.event_id, o.era, o.position, o.type, o.version, o.subject, o.occurred_at, \
        o.data, d.attempts, d.due_at, '[]', d.dead_at FROM {schema}.deliveries d JOIN {schema}.outbox o ON o.id = d.event_id; \
        DROP TABLE {schema}.deliveries";
    vec![Step::Sql { sqlite: SQLITE, postgres: POSTGRES }]
}
