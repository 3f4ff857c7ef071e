//! The tables of the service, each with who may see and change its rows.

use banyan_http::kept::lasting;
use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, OnDelete, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "translations";

pub fn schema() -> Schema {
    let tables = vec![translations(), steps(), publications(), heads(), terms(), memory()];
    Schema::new(SERVICE, tables).part(lasting::part())
}

fn any_of(roles: &[Role]) -> Rule {
    Rule::AnyOf(roles.iter().copied().map(Rule::HasRole).collect())
}

/// Those who see the work of translators.
fn writers() -> Rule {
    any_of(&[Role::Translator, Role::Reviewer, Role::Publisher, Role::Admin, Role::Owner])
}

fn reviewers() -> Rule {
    any_of(&[Role::Reviewer, Role::Publisher, Role::Admin, Role::Owner])
}

fn publishers() -> Rule {
    any_of(&[Role::Publisher, Role::Admin, Role::Owner])
}

/// One row a message and locale that somebody worked on. `application` is empty for what belongs to none.
fn translations() -> Table {
    let policy = Policy::closed().read(writers()).insert(writers()).update(writers());
    Table::new("translations", policy.and_system())
        .column("application", ColumnType::Text)
        .column("locale", ColumnType::Text)
        .column("key", ColumnType::Text)
        .column("state", ColumnType::Text)
        .column("text", ColumnType::Text)
        // The American English at that time: who changes it makes the translation outdated.
        .column("source", ColumnType::Text)
        // None: the command line.
        .optional("author_id", ColumnType::Uuid)
        .optional("reviewer_id", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["application", "locale", "key"])
}

/// Who did what, when and why, and what was said about it. Rows are only added.
fn steps() -> Table {
    let policy = Policy::closed().read(writers().or(Rule::System)).insert(writers().or(Rule::System));
    Table::new("translation_steps", policy)
        .column("translation_id", ColumnType::Uuid)
        .column("act", ColumnType::Text)
        .column("state", ColumnType::Text)
        .optional("text", ColumnType::Text)
        .optional("note", ColumnType::Text)
        .optional("taken_by", ColumnType::Uuid)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .reference("translation_id", "translations", OnDelete::Restrict)
        .index(&["translation_id", "created_at"])
}

/// What was published: all of an application's texts in one locale each time. Rows are only added.
fn publications() -> Table {
    let policy = Policy::closed().read(writers().or(Rule::System)).insert(publishers().or(Rule::System));
    Table::new("publications", policy)
        .column("application", ColumnType::Text)
        .column("locale", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .column("texts", ColumnType::Json)
        .column("changed", ColumnType::Integer)
        .optional("restored_from", ColumnType::Integer)
        .optional("published_by", ColumnType::Uuid)
        .optional("why", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["application", "locale", "number"])
}

/// Which publication counts, of every tenant: what all processes look at. It says where to look; the texts are under their own policy.
fn heads() -> Table {
    let own = |rule: Rule| Rule::Tenant("tenant").and(rule.or(Rule::System));
    let policy = Policy::closed().read(own(writers()).or(Rule::System)).insert(own(publishers())).update(own(publishers()));
    Table::installation("publication_heads", policy)
        .column("tenant", ColumnType::Uuid)
        .column("application", ColumnType::Text)
        .column("locale", ColumnType::Text)
        .column("number", ColumnType::Integer)
        // Rises with each change, as the sum over all rows does.
        .column("revision", ColumnType::Integer)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["tenant", "application", "locale"])
}

/// How words are always translated.
fn terms() -> Table {
    let policy = Policy::closed().read(writers()).insert(reviewers()).update(reviewers()).delete(reviewers());
    Table::new("glossary_terms", policy.and_system())
        .column("locale", ColumnType::Text)
        .column("term", ColumnType::Text)
        .column("translation", ColumnType::Text)
        .optional("note", ColumnType::Text)
        .optional("created_by", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["locale", "term"])
}

/// Translations that were approved, by what they translate.
fn memory() -> Table {
    let policy = Policy::closed().read(writers()).insert(reviewers());
    Table::new("translation_memory", policy.and_system())
        .column("locale", ColumnType::Text)
        // Of source and text.
        .column("digest", ColumnType::Text)
        .column("key", ColumnType::Text)
        .column("source", ColumnType::Text)
        .column("text", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["locale", "digest"])
        .index(&["locale", "created_at"])
}
