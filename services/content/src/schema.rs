//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::{Schema, Step};
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, OnDelete, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "content";

/// A grant of this kind opens journals, written and spoken.
pub const JOURNALS: &str = "journals";

pub fn schema() -> Schema {
    let added = [legal_versions(), legal_texts(), legal_acceptances(), template_texts()];
    let mut tables = vec![journals()];
    tables.extend(added.clone());
    Schema::new(SERVICE, tables)
        .migration("legal texts, acceptances, and templates of a tenant's own", added.map(Step::CreateTable).into())
}

/// Those who run the tenant.
fn managers() -> Rule {
    Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)])
}

/// Versions of legal texts: drafts for those who run the tenant, published ones for everybody. What was published stays.
fn legal_versions() -> Table {
    let draft = || managers().and(Rule::Equals("state", "draft"));
    let read = Rule::Equals("state", "published").or(managers()).or(Rule::System);
    let policy = Policy::closed().read(read).insert(draft()).update(managers()).delete(draft().or(Rule::System));
    Table::new("legal_versions", policy)
        .column("kind", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .column("state", ColumnType::Text)
        .optional("effective_at", ColumnType::Timestamp)
        .optional("published_at", ColumnType::Timestamp)
        .optional("published_by", ColumnType::Uuid)
        .optional("author_id", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["kind", "number"])
}

/// A version's text in one language.
fn legal_texts() -> Table {
    let policy = Policy::closed()
        .read(Rule::Parent { column: "version_id", table: "legal_versions" }.or(Rule::System))
        .insert(managers())
        .update(managers())
        .delete(managers().or(Rule::System));
    Table::new("legal_texts", policy)
        .column("version_id", ColumnType::Uuid)
        .column("locale", ColumnType::Text)
        .column("title", ColumnType::Text)
        .column("text", ColumnType::Text)
        .column("purposes", ColumnType::Json)
        .column("version", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
        .reference("version_id", "legal_versions", OnDelete::Cascade)
        .unique(&["version_id", "locale"])
}

/// Who accepted what, when, in which language: the proof that the law demands (UU No. 27 Tahun 2022, article 24).
fn legal_acceptances() -> Table {
    let policy = Policy::closed()
        .read(Rule::Owner("user_id").or(managers()).or(Rule::System))
        .insert(Rule::Owner("user_id"))
        .update(Rule::Owner("user_id"))
        .delete(Rule::System);
    Table::new("legal_acceptances", policy)
        .column("user_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .column("locale", ColumnType::Text)
        .column("purposes", ColumnType::Json)
        // Of the words that were accepted: SHA-256.
        .column("text_hash", ColumnType::Bytes)
        // A keyed digest of the address from where it came.
        .optional("address_hash", ColumnType::Bytes)
        .column("accepted_at", ColumnType::Timestamp)
        .optional("withdrawn_at", ColumnType::Timestamp)
        .index(&["user_id", "kind", "accepted_at"])
        .index(&["accepted_at"])
        .index(&["kind", "number"])
}

/// Texts of templates that a tenant wrote in the place of its application's: each change a row, so that the history is whole. Without
/// title and body it says that the application's own is shown again.
fn template_texts() -> Table {
    let policy = Policy::closed().read(Rule::SignedIn.or(Rule::System)).insert(managers()).delete(Rule::System);
    Table::new("template_texts", policy)
        .column("template", ColumnType::Text)
        .column("locale", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .optional("title", ColumnType::Text)
        .optional("body", ColumnType::Text)
        .optional("author_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["template", "locale", "number"])
        .index(&["locale", "template"])
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
