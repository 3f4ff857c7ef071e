//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, OnDelete, Table};
use banyan_store::{Policy, Rule};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "flags";

pub fn schema() -> Schema {
    Schema::new(
        SERVICE,
        vec![
            environments(),
            flags(),
            segments(),
            changes(),
            requests(),
            tokens(),
            revisions(),
            usage(),
            experiments(),
            subjects(),
        ],
    )
}

/// Those who hold `flags.manage`.
fn managers() -> Rule {
    Rule::HasRole(Role::Admin).or(Rule::HasRole(Role::Owner))
}

/// What managers see and change, and the service for the command line, jobs and processes that evaluate.
fn managed() -> Policy {
    Policy::closed().read(managers()).insert(managers()).update(managers()).and_system()
}

fn environments() -> Table {
    Table::new("flag_environments", managed().delete(managers().or(Rule::System)))
        .column("name", ColumnType::Text)
        .column("kind", ColumnType::Text)
        .column("sort_order", ColumnType::Integer)
        .column("approvals", ColumnType::Integer)
        .column("changers", ColumnType::Json)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["name"])
}

fn flags() -> Table {
    Table::new("flags", managed().delete(managers().or(Rule::System)))
        .column("key", ColumnType::Text)
        .column("kind", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .optional("owner", ColumnType::Text)
        .column("project", ColumnType::Text)
        .column("stale", ColumnType::Boolean)
        .column("impression_data", ColumnType::Boolean)
        .column("tags", ColumnType::Json)
        .column("tag_line", ColumnType::Text)
        .column("dependencies", ColumnType::Json)
        .column("settings", ColumnType::Json)
        .optional("expires_at", ColumnType::Timestamp)
        .optional("archived_at", ColumnType::Timestamp)
        .optional("created_by", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["key"])
        .index(&["archived_at", "key"])
        .index(&["created_at"])
}

fn segments() -> Table {
    Table::new("flag_segments", managed().delete(managers().or(Rule::System)))
        .column("number", ColumnType::Integer)
        .column("name", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .optional("project", ColumnType::Text)
        .column("constraints", ColumnType::Json)
        .optional("created_by", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["number"])
        .unique(&["name"])
}

/// Rows are only added; of each flag the oldest go when there are too many. The audit log keeps who and when.
fn changes() -> Table {
    let all = || managers().or(Rule::System);
    Table::new("flag_changes", Policy::closed().read(all()).insert(all()).delete(all()))
        .column("object", ColumnType::Text)
        .column("object_id", ColumnType::Uuid)
        .column("name", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("act", ColumnType::Text)
        .optional("environment", ColumnType::Text)
        .optional("changed_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("before", ColumnType::Json)
        .column("after", ColumnType::Json)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["object_id", "version"])
        .index(&["created_at"])
}

fn requests() -> Table {
    Table::new("flag_change_requests", managed())
        .column("flag_id", ColumnType::Uuid)
        .column("key", ColumnType::Text)
        .column("environment", ColumnType::Text)
        .column("state", ColumnType::Text)
        .column("proposal", ColumnType::Json)
        .column("base", ColumnType::Json)
        .column("needed", ColumnType::Integer)
        .column("approvals", ColumnType::Json)
        .optional("apply_at", ColumnType::Timestamp)
        .optional("why", ColumnType::Text)
        .optional("created_by", ColumnType::Uuid)
        .optional("decided_by", ColumnType::Uuid)
        .optional("decided_why", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("flag_id", "flags", OnDelete::Cascade)
        .index(&["state", "created_at"])
        .index(&["flag_id", "created_at"])
        .index(&["created_at"])
}

/// Programs show them before their tenant is known, so they are rows of the installation.
fn tokens() -> Table {
    let own = || Rule::Tenant("tenant").and(managers());
    let policy = Policy::closed().read(own()).insert(own()).update(own()).and_system();
    Table::installation("flag_tokens", policy)
        .column("tenant", ColumnType::Uuid)
        .column("name", ColumnType::Text)
        .column("kind", ColumnType::Text)
        .column("environment", ColumnType::Text)
        .column("projects", ColumnType::Json)
        .column("hash", ColumnType::Bytes)
        .column("hint", ColumnType::Text)
        .optional("expires_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .optional("created_by", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["hash"])
        .index(&["tenant", "created_at"])
}

/// One row an environment of a tenant, and one for its tokens. One look at what changed lately serves all tenants.
fn revisions() -> Table {
    let own = || Rule::Tenant("tenant").and(managers());
    let policy = Policy::closed().read(own()).insert(own()).update(own()).and_system();
    Table::installation("flag_revisions", policy)
        .column("tenant", ColumnType::Uuid)
        .column("environment", ColumnType::Text)
        .column("revision", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["tenant", "environment"])
        .index(&["updated_at"])
}

/// Sums by the hour; kept for 400 days.
fn usage() -> Table {
    Table::new("flag_usage", Policy::closed().read(managers().or(Rule::HasRole(Role::Analyst))).and_system())
        .column("environment", ColumnType::Text)
        .column("flag", ColumnType::Text)
        .column("variant", ColumnType::Text)
        .column("hour", ColumnType::Timestamp)
        .column("yes", ColumnType::Integer)
        .column("no", ColumnType::Integer)
        .unique(&["flag", "environment", "variant", "hour"])
        .index(&["hour"])
}

/// The service ends an experiment's intake, and deletes it some time after its end.
fn experiments() -> Table {
    Table::new("flag_experiments", managed().delete(Rule::System))
        .column("flag_id", ColumnType::Uuid)
        .column("key", ColumnType::Text)
        .column("environment", ColumnType::Text)
        .column("name", ColumnType::Text)
        .column("goal", ColumnType::Text)
        .column("control", ColumnType::Text)
        .column("effect", ColumnType::Real)
        .column("shares", ColumnType::Json)
        .column("people", ColumnType::Text)
        .column("results", ColumnType::Json)
        .optional("created_by", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .index(&["ended_at", "environment"])
        .index(&["created_at"])
        .index(&["name"])
}

/// Persons never see that they take part; managers see their number. The experiment is part of what is hashed.
fn subjects() -> Table {
    Table::new("flag_subjects", Policy::closed().read(managers()).and_system())
        .column("experiment_id", ColumnType::Uuid)
        .column("subject", ColumnType::Bytes)
        .column("variant", ColumnType::Text)
        .column("exposed_at", ColumnType::Timestamp)
        .optional("converted_at", ColumnType::Timestamp)
        .reference("experiment_id", "flag_experiments", OnDelete::Cascade)
        .unique(&["subject"])
        .index(&["experiment_id", "variant"])
}
