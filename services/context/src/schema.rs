//! The tables of the service, each with who may see and change its rows.
//!
//! A policy cannot look at its own table, so who takes part is kept in three: `rooms` says whose a session is, `seats` are keys that open it
//! (each person sees their own), and `participants` is the list that all of them see.

use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, OnDelete, Table};
use banyan_store::{Policy, Rule};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "context";

pub fn schema() -> Schema {
    let people = [rooms(), seats(), sessions(), participants(), counters()];
    let knowledge = [items(), item_versions(), changes()];
    let engine = [features(), suggestions(), tastes(), patterns(), habits(), runs(), preferences()];
    Schema::new(SERVICE, people.into_iter().chain(knowledge).chain(engine).collect())
}

/// The owner of the session whose id stands in `column`.
fn owner(column: &'static str) -> Rule {
    Rule::OwnParent { column, table: "rooms", owner: "owner_id" }
}

/// Who may change the session whose id stands in `column`.
fn writer(column: &'static str) -> Rule {
    Rule::Member { column, table: "seats", key: "session_id", member: "writer_id" }
}

/// Whoever takes part in the session whose id stands in `column`.
fn participant(column: &'static str) -> Rule {
    Rule::Parent { column, table: "sessions" }
}

/// Whose a session is. It has the session's id.
fn rooms() -> Table {
    let own = || Rule::Owner("owner_id").or(Rule::System);
    Table::new("rooms", Policy::closed().read(own()).insert(own()).update(Rule::System).delete(own()))
        .column("owner_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .index(&["owner_id"])
}

/// Opens a session to somebody. The owner hands them out and takes them back; who leaves gives theirs back.
fn seats() -> Table {
    let owner = || owner("session_id").or(Rule::System);
    let own = || Rule::Owner("user_id").or(owner());
    Table::new("seats", Policy::closed().read(own()).insert(owner()).update(owner()).delete(own()))
        .column("session_id", ColumnType::Uuid)
        .column("user_id", ColumnType::Uuid)
        // The same person, where they may write.
        .optional("writer_id", ColumnType::Uuid)
        .reference("session_id", "rooms", OnDelete::Cascade)
        .index(&["session_id", "user_id"])
        .index(&["user_id"])
}

/// It has the id of its room.
fn sessions() -> Table {
    let member = Rule::Member { column: "id", table: "seats", key: "session_id", member: "user_id" };
    let owner = || owner("id").or(Rule::System);
    let policy = Policy::closed().read(member.or(Rule::System)).insert(owner()).update(writer("id").or(Rule::System));
    Table::new("sessions", policy.delete(owner()))
        .column("title", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .column("state", ColumnType::Text)
        .optional("archived_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("id", "rooms", OnDelete::Cascade)
        .index(&["state", "updated_at"])
}

/// Who takes part, for all who do.
fn participants() -> Table {
    let owner = || owner("session_id").or(Rule::System);
    let read = Rule::Owner("user_id").or(participant("session_id")).or(Rule::System);
    let policy = Policy::closed().read(read).insert(owner()).update(owner()).delete(Rule::Owner("user_id").or(owner()));
    Table::new("participants", policy)
        .column("session_id", ColumnType::Uuid)
        .column("user_id", ColumnType::Uuid)
        .column("role", ColumnType::Text)
        .column("joined_at", ColumnType::Timestamp)
        .reference("session_id", "rooms", OnDelete::Cascade)
        .unique(&["session_id", "user_id"])
        .index(&["user_id", "role"])
}

/// Counts what happened in a session. It has the session's id; whoever changes something there takes it first, so that one waits for another.
fn counters() -> Table {
    let all = || participant("id").or(Rule::System);
    let policy = Policy::closed().read(all()).insert(owner("id").or(Rule::System)).update(all()).delete(Rule::System);
    Table::new("counters", policy)
        .column("seq", ColumnType::Integer)
        // Up to where the engine has looked.
        .column("processed_seq", ColumnType::Integer)
        .reference("id", "rooms", OnDelete::Cascade)
}

/// What the participants know together.
fn items() -> Table {
    let write = || writer("session_id").or(Rule::System);
    let policy = Policy::closed().read(participant("session_id").or(Rule::System)).insert(write()).update(write());
    Table::new("items", policy.delete(Rule::System))
        .column("session_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .optional("title", ColumnType::Text)
        .column("value", ColumnType::Json)
        // Of the value, in bytes of JSON.
        .column("size", ColumnType::Integer)
        // Title, kind and all text of the value in lower case: what is searched, alike on both engines.
        .column("search_text", ColumnType::Text)
        .optional("created_by", ColumnType::Uuid)
        .optional("updated_by", ColumnType::Uuid)
        .optional("deleted_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .index(&["session_id", "deleted_at", "updated_at"])
        .index(&["session_id", "kind"])
        .index(&["deleted_at"])
}

/// What an item was after each change. Whoever wrote a version keeps the sight of it: it is theirs.
fn item_versions() -> Table {
    let write = || writer("session_id").or(Rule::System);
    let read = Rule::Owner("author_id").or(participant("session_id")).or(Rule::System);
    let insert = Rule::AllOf(vec![Rule::Owner("author_id"), writer("session_id")]).or(Rule::System);
    Table::new("item_versions", Policy::closed().read(read).insert(insert).update(Rule::System).delete(write()))
        .column("session_id", ColumnType::Uuid)
        .column("item_id", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("change", ColumnType::Text)
        .column("kind", ColumnType::Text)
        .optional("title", ColumnType::Text)
        .column("value", ColumnType::Json)
        .optional("author_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .reference("item_id", "items", OnDelete::Cascade)
        .unique(&["item_id", "version"])
        .index(&["session_id"])
        .index(&["author_id"])
}

/// Who did what when. It names things, and says nothing of what is in them.
fn changes() -> Table {
    let read = Rule::Owner("actor_id").or(participant("session_id")).or(Rule::System);
    let insert = Rule::AllOf(vec![Rule::Owner("actor_id"), participant("session_id")]).or(Rule::System);
    Table::new("changes", Policy::closed().read(read).insert(insert).update(Rule::System).delete(Rule::System))
        .column("session_id", ColumnType::Uuid)
        .column("seq", ColumnType::Integer)
        .column("event", ColumnType::Text)
        .column("action", ColumnType::Text)
        .optional("actor_id", ColumnType::Uuid)
        .optional("object_id", ColumnType::Uuid)
        .column("detail", ColumnType::Json)
        .column("created_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .unique(&["session_id", "seq"])
        .index(&["actor_id"])
}

/// What the engine has found in an item. It has the item's id.
fn features() -> Table {
    let policy = Policy::system().also_read(participant("session_id"));
    Table::new("features", policy)
        .column("session_id", ColumnType::Uuid)
        // Of the item; 0 where it is to be looked at again.
        .column("item_version", ColumnType::Integer)
        .column("kind", ColumnType::Text)
        // What people call the item.
        .column("label", ColumnType::Text)
        .column("analysis", ColumnType::Json)
        .column("updated_at", ColumnType::Timestamp)
        .reference("id", "items", OnDelete::Cascade)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .index(&["session_id", "updated_at"])
}

fn suggestions() -> Table {
    let policy = Policy::system().also_read(participant("session_id"));
    Table::new("suggestions", policy.update(writer("session_id").or(Rule::System)))
        .column("session_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("state", ColumnType::Text)
        .column("score", ColumnType::Real)
        // What it proposes, in one line: the same is proposed once in a session.
        .column("fingerprint", ColumnType::Text)
        .column("arguments", ColumnType::Json)
        .column("reasons", ColumnType::Json)
        .column("model", ColumnType::Text)
        .column("model_version", ColumnType::Text)
        .column("source", ColumnType::Text)
        .optional("answered_by", ColumnType::Uuid)
        .optional("answered_at", ColumnType::Timestamp)
        .optional("answer_reason", ColumnType::Text)
        .column("expires_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .unique(&["session_id", "fingerprint"])
        .index(&["session_id", "state", "score"])
}

/// How often a person took what a kind of suggestion proposed.
fn tastes() -> Table {
    Table::new("tastes", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("accepted", ColumnType::Integer)
        .column("dismissed", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["user_id", "kind"])
}

/// What comes back in a session.
fn patterns() -> Table {
    Table::new("patterns", Policy::system().also_read(participant("session_id")))
        .column("session_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("key", ColumnType::Text)
        .column("weight", ColumnType::Real)
        .column("seen", ColumnType::Integer)
        .column("last_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .unique(&["session_id", "kind", "key"])
}

/// What comes back in what a person writes, in all sessions.
fn habits() -> Table {
    Table::new("habits", Policy::system().also_read(Rule::Owner("user_id")))
        .column("user_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("key", ColumnType::Text)
        .column("weight", ColumnType::Real)
        .column("seen", ColumnType::Integer)
        .column("last_at", ColumnType::Timestamp)
        .unique(&["user_id", "kind", "key"])
}

/// Reprocessing that somebody asked for.
fn runs() -> Table {
    let managers = Rule::HasRole(Role::Admin).or(Rule::HasRole(Role::Owner));
    let policy = Policy::system().read(Rule::Owner("user_id").or(managers).or(Rule::System));
    Table::new("runs", policy.insert(Rule::Owner("user_id")))
        .column("user_id", ColumnType::Uuid)
        // All sessions of the tenant where there is none.
        .optional("session_id", ColumnType::Uuid)
        .column("state", ColumnType::Text)
        .column("done", ColumnType::Integer)
        .column("total", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .index(&["user_id"])
        .index(&["created_at"])
}

/// What a person wants, everywhere or in one session.
fn preferences() -> Table {
    Table::new("preferences", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .optional("session_id", ColumnType::Uuid)
        .column("value", ColumnType::Json)
        .column("version", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .index(&["user_id", "session_id"])
}
