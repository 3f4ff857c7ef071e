//! The tables of the service, each with who may see and change its rows.

use banyan_store::migrate::Schema;
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "content";

/// A grant of this kind opens journals, written and spoken.
pub const JOURNALS: &str = "journals";

pub fn schema() -> Schema {
    Schema::new(SERVICE, vec![journals()])
}

/// A person's journal. Elevated callers read it too, which is audited; the service itself removes what was deleted long ago.
fn journals() -> Table {
    let policy =
        Policy::owned_by("user_id").also_read(Rule::Granted { owner: "user_id", kind: JOURNALS }).also_read(Rule::System);
    let delete = policy.delete.clone().or(Rule::System);
    Table::new("journals", policy.delete(delete))
        .column("user_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("content", ColumnType::Text)
        .optional("mood", ColumnType::Integer)
        .column("tags", ColumnType::Json)
        .optional("deleted_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        // The only index besides the key: writing an entry is what people do most here.
        .index(&["user_id", "deleted_at", "created_at", "kind"])
}
