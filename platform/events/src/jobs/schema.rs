use banyan_store::schema::{ColumnType, Table};
use banyan_store::{Policy, Rule};

pub(crate) fn tables() -> Vec<Table> {
    vec![jobs(), job_rates(), job_schedules()]
}

/// Work of all tenants. Anybody's change may ask for some in its own tenant; only the service itself sees it.
fn jobs() -> Table {
    let policy = Policy::closed().insert(Rule::Tenant("tenant")).read(Rule::System).update(Rule::System).delete(Rule::System);
    Table::installation("jobs", policy)
        .column("tenant", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("queue", ColumnType::Text)
        .column("payload", ColumnType::Json)
        // `waiting` until it is due, `ready`, `running`; then `done`, `failed` or `cancelled`.
        .column("state", ColumnType::Text)
        // 0 is the most urgent.
        .column("priority", ColumnType::Integer)
        .column("due_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("attempts", ColumnType::Integer)
        // The last errors, the latest at the end.
        .column("errors", ColumnType::Json)
        .column("cancel_asked", ColumnType::Boolean)
        // Given up at the end, so that the key may be used again.
        .optional("unique_key", ColumnType::Text)
        // Who runs it, under which lease, and how long that counts.
        .optional("runner", ColumnType::Uuid)
        .optional("lease", ColumnType::Uuid)
        .optional("leased_until", ColumnType::Timestamp)
        .optional("percent", ColumnType::Integer)
        .optional("message", ColumnType::Text)
        .optional("started_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .index(&["state", "queue", "tenant", "priority", "due_at"])
        .index(&["state", "due_at"])
        .index(&["tenant", "id"])
        .unique(&["tenant", "kind", "unique_key"])
}

/// How much a queue, or a tenant in it, may start, as the moment from which it has its whole allowance again.
fn job_rates() -> Table {
    Table::installation("job_rates", Policy::system())
        .column("queue", ColumnType::Text)
        .column("tenant", ColumnType::Uuid)
        .column("full_at", ColumnType::Timestamp)
        .unique(&["queue", "tenant"])
}

/// When each schedule is due next.
fn job_schedules() -> Table {
    Table::installation("job_schedules", Policy::system())
        .column("name", ColumnType::Text)
        .column("cron", ColumnType::Text)
        .column("zone", ColumnType::Text)
        .column("next_at", ColumnType::Timestamp)
        .optional("last_at", ColumnType::Timestamp)
        .unique(&["name"])
}
