//! What the service keeps: rooms live in memory or in Redis, shared documents in tables.
//!
//! Whose a document is, the owner of its room says, whom only a call can ask. So the tables are the service's own, and it asks before it looks.

use banyan_store::migrate::{Schema, Step};
use banyan_store::schema::{ColumnType, OnDelete, Table};
use banyan_store::{Policy, Rule};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "realtime";

pub fn schema() -> Schema {
    let tables = || [documents(), document_updates(), document_states(), document_versions()];
    Schema::new(SERVICE, tables().into()).migration("shared documents", tables().map(Step::CreateTable).into())
}

fn documents() -> Table {
    Table::new("documents", Policy::system())
        // Of its room.
        .column("name", ColumnType::Text)
        // Of its latest update.
        .column("seq", ColumnType::Integer)
        // Updates up to here are in its state.
        .column("snapshot_seq", ColumnType::Integer)
        // Of the latest version that the service kept by itself, or of its beginning.
        .column("version_seq", ColumnType::Integer)
        .column("versioned_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["name"])
}

/// What was changed since the state was kept.
fn document_updates() -> Table {
    Table::new("document_updates", Policy::system().also_read(Rule::Owner("author_id")))
        .column("document_id", ColumnType::Uuid)
        .column("seq", ColumnType::Integer)
        .column("content", ColumnType::Bytes)
        .optional("author_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .reference("document_id", "documents", OnDelete::Cascade)
        .unique(&["document_id", "seq"])
        .index(&["author_id"])
}

/// All of a document as one update: of now with the document's id, of a version with the version's.
fn document_states() -> Table {
    Table::new("document_states", Policy::system())
        .column("document_id", ColumnType::Uuid)
        .column("content", ColumnType::Bytes)
        .reference("document_id", "documents", OnDelete::Cascade)
        .index(&["document_id"])
}

fn document_versions() -> Table {
    Table::new("document_versions", Policy::system().also_read(Rule::Owner("author_id")))
        .column("document_id", ColumnType::Uuid)
        // None where the service kept it by itself.
        .optional("name", ColumnType::Text)
        .column("seq", ColumnType::Integer)
        // Of the content, in bytes.
        .column("size", ColumnType::Integer)
        .optional("author_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .reference("document_id", "documents", OnDelete::Cascade)
        .index(&["document_id", "created_at"])
        .index(&["author_id"])
}
