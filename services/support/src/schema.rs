//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, OnDelete, Table};
use banyan_store::{Policy, Rule};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "support";

pub fn schema() -> Schema {
    Schema::new(SERVICE, vec![tickets(), messages(), notes(), answers()])
}

/// Those who run the tenant.
fn managers() -> Rule {
    Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)])
}

/// Those who answer: they hold `support.handle`.
fn agents() -> Rule {
    managers().or(Rule::HasRole(Role::Support))
}

fn own_ticket() -> Rule {
    Rule::OwnParent { column: "ticket_id", table: "tickets", owner: "user_id" }
}

/// Of the person who asks, seen by those who answer.
fn tickets() -> Table {
    let all = || Rule::Owner("user_id").or(agents()).or(Rule::System);
    let policy = Policy::closed().read(all()).insert(Rule::Owner("user_id").or(Rule::System)).update(all()).delete(Rule::System);
    Table::new("tickets", policy)
        .column("user_id", ColumnType::Uuid)
        // What people call it.
        .column("reference", ColumnType::Text)
        .column("category", ColumnType::Text)
        .column("subject", ColumnType::Text)
        // BCP 47: the language in which the person asked.
        .column("locale", ColumnType::Text)
        .column("state", ColumnType::Text)
        .column("priority", ColumnType::Integer)
        .optional("assignee_id", ColumnType::Uuid)
        .column("tier", ColumnType::Integer)
        // Since when the person waits, and since when a data request's time runs.
        .column("asked_at", ColumnType::Timestamp)
        .column("requested_at", ColumnType::Timestamp)
        // When those who answer must have acted; NULL while nothing is expected of them.
        .optional("due_at", ColumnType::Timestamp)
        .optional("escalated_at", ColumnType::Timestamp)
        .optional("first_answered_at", ColumnType::Timestamp)
        // Of the first answer, kept because `due_at` moves on.
        .column("first_due_at", ColumnType::Timestamp)
        .optional("solved_at", ColumnType::Timestamp)
        .optional("closed_at", ColumnType::Timestamp)
        .optional("outcome", ColumnType::Text)
        .column("reopened", ColumnType::Integer)
        .optional("rating", ColumnType::Integer)
        .optional("rating_comment", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["reference"])
        .index(&["user_id", "created_at"])
        .index(&["created_at"])
        .index(&["updated_at"])
        .index(&["state", "due_at"])
        .index(&["assignee_id", "state"])
        .index(&["closed_at"])
}

/// What was said, by the person or by those who answer. It stays as it was said.
fn messages() -> Table {
    let as_person = Rule::AllOf(vec![Rule::Owner("user_id"), Rule::Owner("author_id"), own_ticket()]);
    let parent = Rule::Parent { column: "ticket_id", table: "tickets" };
    let as_agent = Rule::AllOf(vec![agents(), Rule::Owner("author_id"), parent]);
    let policy = Policy::closed()
        .read(Rule::Owner("user_id").or(agents()).or(Rule::System))
        .insert(Rule::AnyOf(vec![as_person, as_agent, Rule::System]))
        .delete(Rule::System);
    Table::new("messages", policy)
        .column("ticket_id", ColumnType::Uuid)
        // Whose ticket it is.
        .column("user_id", ColumnType::Uuid)
        .column("author_id", ColumnType::Uuid)
        .column("text", ColumnType::Text)
        .column("attachments", ColumnType::Json)
        // The answer that was used, where one was.
        .optional("answer", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .reference("ticket_id", "tickets", OnDelete::Cascade)
        .index(&["ticket_id", "created_at"])
}

/// What those who answer tell one another, and what became of the ticket, step by step. The person adds steps and sees none.
fn notes() -> Table {
    let insert = Rule::Owner("author_id").and(agents().or(own_ticket())).or(Rule::System);
    let policy = Policy::closed().read(agents().or(Rule::System)).insert(insert).delete(Rule::System);
    Table::new("notes", policy)
        .column("ticket_id", ColumnType::Uuid)
        .optional("author_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .optional("text", ColumnType::Text)
        .column("detail", ColumnType::Json)
        .column("created_at", ColumnType::Timestamp)
        .reference("ticket_id", "tickets", OnDelete::Cascade)
        .index(&["ticket_id", "created_at"])
}

/// Answers of the tenant's own, to be sent again and again.
fn answers() -> Table {
    let write = || managers().or(Rule::System);
    let policy = Policy::closed().read(agents().or(Rule::System)).insert(write()).update(write()).delete(write());
    Table::new("answers", policy)
        .column("key", ColumnType::Text)
        .column("locale", ColumnType::Text)
        .column("title", ColumnType::Text)
        .column("body", ColumnType::Text)
        .optional("author_id", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["key", "locale"])
}
