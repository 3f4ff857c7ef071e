//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::{Schema, Step};
use banyan_store::schema::{ColumnType, Index, Table, Uniqueness};
use banyan_store::{Policy, Rule};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "notifications";

pub fn schema() -> Schema {
    let tables = vec![
        notifications(),
        inboxes(),
        deliveries(),
        preferences(),
        profiles(),
        endpoints(),
        phones(),
        destinations(),
        suppressions(),
        signals(),
        reached(),
        provider_events(),
        allowances(),
    ];
    // Nobody could have a telephone or a channel of the tenant before: there are no rows to be taken along.
    let profile = ["phone", "phone_hint", "phone_verified_at", "code_hash", "code_sent_at", "code_tries"];
    let mut steps: Vec<Step> = profile.map(|column| Step::DropColumn { table: "profiles", column }).into();
    steps.push(Step::DropColumn { table: "inbox_signals", column: "session_id" });
    steps.push(Step::DropTable("tenant_channels"));
    steps.extend([phones(), destinations(), reached(), provider_events(), allowances()].map(Step::CreateTable));
    steps.push(Step::CreateIndex { table: "deliveries", index: deliveries_of_an_endpoint() });
    Schema::new(SERVICE, tables).migration("telephones, a tenant's destinations, and what providers tell", steps)
}

fn deliveries_of_an_endpoint() -> Index {
    Index { columns: vec!["endpoint_id", "created_at"], uniqueness: Uniqueness::Plain }
}

/// Those who hold `notifications.manage`.
fn operators() -> Rule {
    Rule::HasRole(Role::Admin).or(Rule::HasRole(Role::Owner))
}

/// Each person's own; the service writes them, for itself or asked by an operator.
fn notifications() -> Table {
    let policy = Policy::owned_by("user_id").and_system();
    let insert = Rule::System.or(operators());
    Table::new("notifications", policy.insert(insert))
        .column("user_id", ColumnType::Uuid)
        .column("topic", ColumnType::Text)
        .column("template", ColumnType::Text)
        .column("arguments", ColumnType::Json)
        .optional("link", ColumnType::Text)
        .column("urgent", ColumnType::Boolean)
        .optional("dedupe_key", ColumnType::Text)
        // After so many seconds unread, a mail follows the push.
        .optional("escalate_after", ColumnType::Integer)
        // The place of the row's latest change in its owner's inbox.
        .column("seq", ColumnType::Integer)
        .optional("read_at", ColumnType::Timestamp)
        .optional("archived_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["user_id", "dedupe_key"])
        .index(&["user_id", "seq"])
        .index(&["user_id", "archived_at", "created_at"])
        .index(&["user_id", "archived_at", "read_at"])
        .index(&["created_at"])
}

/// One row a person: the counter that puts the changes of an inbox in order. It is locked by whoever changes the inbox.
fn inboxes() -> Table {
    let all = || Rule::Owner("user_id").or(Rule::System).or(operators());
    let policy = Policy::closed().read(all()).insert(all()).update(all()).delete(Rule::System);
    Table::new("inboxes", policy).column("user_id", ColumnType::Uuid).column("last_seq", ColumnType::Integer).unique(&["user_id"])
}

/// One way of one notification. Its id is the idempotency key outside.
fn deliveries() -> Table {
    let read = Rule::Owner("user_id").or(Rule::System).or(operators());
    let write = || Rule::System.or(operators());
    let policy = Policy::closed().read(read).insert(write()).update(write()).delete(Rule::System);
    Table::new("deliveries", policy)
        // None where it goes to a destination of the tenant, which `endpoint_id` names then.
        .optional("user_id", ColumnType::Uuid)
        .optional("notification_id", ColumnType::Uuid)
        .column("way", ColumnType::Text)
        .optional("endpoint_id", ColumnType::Uuid)
        .column("topic", ColumnType::Text)
        .column("state", ColumnType::Text)
        .optional("reason", ColumnType::Text)
        .column("only_if_unread", ColumnType::Boolean)
        .column("heeds_quiet_hours", ColumnType::Boolean)
        // The rhythm of the mail that gathers it, and that mail.
        .optional("rhythm", ColumnType::Text)
        .optional("gathered_by", ColumnType::Uuid)
        // Where it went, so that a person knows it again: `a…@example.com`.
        .optional("address_hint", ColumnType::Text)
        .column("attempts", ColumnType::Integer)
        // The last attempts, the latest at the end.
        .column("history", ColumnType::Json)
        .optional("provider_id", ColumnType::Text)
        .column("due_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .optional("ended_at", ColumnType::Timestamp)
        .index(&["user_id", "created_at"])
        .index(&["user_id", "state", "rhythm"])
        .index(&["state", "created_at"])
        .index(&["notification_id"])
        .index(&["gathered_by"])
        .index(&["created_at"])
        .index(&["endpoint_id", "created_at"])
}

fn preferences() -> Table {
    Table::new("preferences", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("topic", ColumnType::Text)
        .column("channel", ColumnType::Text)
        .column("mode", ColumnType::Text)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["user_id", "topic", "channel"])
}

/// When a person is not to be disturbed.
fn profiles() -> Table {
    Table::new("profiles", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        // Minutes after midnight in the person's zone.
        .optional("quiet_from", ColumnType::Integer)
        .optional("quiet_to", ColumnType::Integer)
        // IANA; where it is not said, identity's counts.
        .optional("time_zone", ColumnType::Text)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["user_id"])
}

/// A browser or a device that takes pushes.
fn endpoints() -> Table {
    Table::new("endpoints", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("way", ColumnType::Text)
        .column("fingerprint", ColumnType::Bytes)
        // Sealed.
        .column("target", ColumnType::Bytes)
        .optional("label", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .optional("last_success_at", ColumnType::Timestamp)
        // It takes nothing any more.
        .optional("gone_at", ColumnType::Timestamp)
        .optional("reason", ColumnType::Text)
        .unique(&["user_id", "fingerprint"])
}

/// A telephone that takes texts when its owner has said the code that was sent to it.
fn phones() -> Table {
    Table::new("phones", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        // Sealed.
        .column("number", ColumnType::Bytes)
        .column("hint", ColumnType::Text)
        .column("fingerprint", ColumnType::Bytes)
        .optional("verified_at", ColumnType::Timestamp)
        // A keyed digest of the code, until it was said.
        .optional("code_hash", ColumnType::Bytes)
        .optional("code_sent_at", ColumnType::Timestamp)
        .column("code_tries", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["user_id", "fingerprint"])
}

/// Where a tenant hears of itself: Slack, Discord, a webhook.
fn destinations() -> Table {
    let all = || Rule::System.or(operators());
    Table::new("destinations", Policy::closed().read(all()).insert(all()).update(all()).delete(all()))
        .column("way", ColumnType::Text)
        .column("name", ColumnType::Text)
        // Sealed: the address.
        .column("target", ColumnType::Bytes)
        // The host of the address, so that it is known again.
        .column("hint", ColumnType::Text)
        // Sealed: by which webhooks are signed, and the one before, until when.
        .optional("secret", ColumnType::Bytes)
        .optional("previous_secret", ColumnType::Bytes)
        .optional("previous_until", ColumnType::Timestamp)
        .column("topics", ColumnType::Json)
        // BCP 47: the language of the words.
        .column("locale", ColumnType::Text)
        .optional("disabled_at", ColumnType::Timestamp)
        .optional("reason", ColumnType::Text)
        .optional("last_success_at", ColumnType::Timestamp)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .unique(&["name"])
}

/// Addresses that take nothing, or want nothing.
fn suppressions() -> Table {
    let all = || Rule::System.or(operators());
    Table::new("suppressions", Policy::closed().read(all()).insert(all()).update(all()).delete(all()))
        .column("channel", ColumnType::Text)
        // A keyed digest of the address: the list can be asked for one, and does not tell them.
        .column("address_hash", ColumnType::Bytes)
        .column("hint", ColumnType::Text)
        .column("reason", ColumnType::Text)
        .column("source", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["channel", "address_hash"])
        .index(&["created_at"])
}

/// Whose inbox has changed, for the streams of other processes. Kept for a minute.
fn signals() -> Table {
    let policy = Policy::closed().insert(Rule::Tenant("tenant")).read(Rule::System).delete(Rule::System);
    Table::installation("inbox_signals", policy)
        .column("tenant", ColumnType::Uuid)
        .optional("user_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .index(&["created_at"])
}

/// To which addresses which tenants have written, so that what a provider tells of an address arrives where it matters. Kept for half a
/// year after the last message.
fn reached() -> Table {
    Table::installation("reached", Policy::system())
        .column("tenant", ColumnType::Uuid)
        .column("channel", ColumnType::Text)
        // As that of suppressions.
        .column("address_hash", ColumnType::Bytes)
        .column("hint", ColumnType::Text)
        .column("last_sent_at", ColumnType::Timestamp)
        // Messages that came back for a passing reason, one after the other.
        .column("soft_bounces", ColumnType::Integer)
        .optional("last_bounce_at", ColumnType::Timestamp)
        .unique(&["channel", "address_hash", "tenant"])
        .index(&["last_sent_at"])
}

/// What providers told, so that what they tell twice counts once. Kept for a week.
fn provider_events() -> Table {
    Table::installation("provider_events", Policy::system())
        .column("digest", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["digest"])
        .index(&["created_at"])
}

/// How often something was done in an hour, for what costs money or disturbs.
fn allowances() -> Table {
    Table::installation("allowances", Policy::system())
        .column("kind", ColumnType::Text)
        .column("subject", ColumnType::Bytes)
        .column("hour", ColumnType::Timestamp)
        .column("used", ColumnType::Integer)
        .unique(&["kind", "subject", "hour"])
        .index(&["hour"])
}
