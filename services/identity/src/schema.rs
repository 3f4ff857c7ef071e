//! The tables of the service, each with who may see and change its rows.

use banyan_kernel::Role;
use banyan_store::migrate::Schema;
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, OnDelete, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "identity";

pub fn schema() -> Schema {
    let tables = vec![
        tenants(),
        users(),
        credentials(),
        client_credentials(),
        sessions(),
        refresh_tokens(),
        role_assignments(),
        organisations(),
        memberships(),
        preferences(),
        invitations(),
        one_time_tokens(),
        login_failures(),
        signing_keys(),
        signals(),
        outgoing_mails(),
        api_keys(),
        usage_hours(),
    ];
    // Nothing but the rule of who may appoint whom, which a migration makes anew on PostgreSQL.
    Schema::new(SERVICE, tables).migration("translators, reviewers and publishers are appointed", Vec::new())
}

/// Those who run the tenant.
fn managers() -> Rule {
    Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Owner)])
}

/// Those who may look people up.
fn staff() -> Rule {
    managers().or(Rule::HasRole(Role::Support))
}

fn tenants() -> Table {
    Table::installation("tenants", Policy::system())
        .column("name", ColumnType::Text)
        .column("application", ColumnType::Text)
        .column("display_name", ColumnType::Text)
        .column("status", ColumnType::Text)
        .column("registration", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .unique(&["name"])
}

fn users() -> Table {
    let policy = Policy::closed()
        .read(Rule::Owner("id").or(staff()))
        .insert(managers())
        .update(Rule::Owner("id").or(managers()))
        .and_system();
    Table::new("users", policy)
        .column("email", ColumnType::Text)
        .column("name", ColumnType::Text)
        .column("kind", ColumnType::Text)
        .column("status", ColumnType::Text)
        .optional("locale", ColumnType::Text)
        .optional("time_zone", ColumnType::Text)
        .optional("email_verified_at", ColumnType::Timestamp)
        .column("rights_version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .unique(&["email"])
        .index(&["created_at"])
        .index(&["name"])
}

/// Password hashes: nobody but the service, not even with an override.
fn credentials() -> Table {
    Table::new("credentials", Policy::system())
        .column("user_id", ColumnType::Uuid)
        .column("password_hash", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("user_id", "users", OnDelete::Cascade)
        .unique(&["user_id"])
}

/// Managers issue secrets of service accounts; afterwards only the service sees their digests.
fn client_credentials() -> Table {
    Table::new("client_credentials", Policy::closed().insert(managers()).and_system())
        .column("user_id", ColumnType::Uuid)
        .column("secret_hash", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .optional("last_used_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .reference("user_id", "users", OnDelete::Cascade)
        .unique(&["secret_hash"])
        .index(&["user_id"])
}

fn sessions() -> Table {
    let own = || Rule::Owner("user_id").or(managers());
    Table::new("sessions", Policy::closed().read(own()).update(own()).and_system())
        .column("user_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .column("last_used_at", ColumnType::Timestamp)
        .column("expires_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .optional("user_agent", ColumnType::Text)
        .optional("address", ColumnType::Text)
        .reference("user_id", "users", OnDelete::Cascade)
        .index(&["user_id", "last_used_at"])
        .index(&["expires_at"])
}

fn refresh_tokens() -> Table {
    Table::new("refresh_tokens", Policy::system())
        .column("session_id", ColumnType::Uuid)
        .optional("parent_id", ColumnType::Uuid)
        .column("token_hash", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .column("expires_at", ColumnType::Timestamp)
        .optional("used_at", ColumnType::Timestamp)
        .reference("session_id", "sessions", OnDelete::Cascade)
        .unique(&["token_hash"])
        .unique(&["parent_id"])
        .index(&["session_id"])
}

/// Only an owner appoints admins and owners, and only an owner removes them: by row security, not only by the handler.
fn role_assignments() -> Table {
    let ordinary = Role::ALL.iter().filter(|role| !matches!(role, Role::Admin | Role::Owner));
    let ordinary = Rule::AnyOf(ordinary.map(|role| Rule::Equals("role", role.name())).collect());
    let appoint = Rule::HasRole(Role::Owner).or(Rule::HasRole(Role::Admin).and(ordinary));
    let policy = Policy::closed().read(Rule::Owner("user_id").or(staff())).insert(appoint.clone()).delete(appoint).and_system();
    Table::new("role_assignments", policy)
        .column("user_id", ColumnType::Uuid)
        .column("role", ColumnType::Text)
        .optional("assigned_by", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .reference("user_id", "users", OnDelete::Cascade)
        .unique(&["user_id", "role"])
        .index(&["role"])
}

fn organisations() -> Table {
    let policy = Policy::closed()
        .read(Rule::Organisation("id").or(staff()))
        .insert(managers())
        .update(managers())
        .delete(managers())
        .and_system();
    Table::new("organisations", policy)
        .column("name", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .unique(&["name"])
        .index(&["created_at"])
}

fn memberships() -> Table {
    let policy = Policy::closed()
        .read(Rule::Owner("user_id").or(Rule::Organisation("organisation_id")).or(staff()))
        .insert(managers())
        .delete(managers())
        .and_system();
    Table::new("memberships", policy)
        .column("organisation_id", ColumnType::Uuid)
        .column("user_id", ColumnType::Uuid)
        .column("created_at", ColumnType::Timestamp)
        .reference("organisation_id", "organisations", OnDelete::Cascade)
        .reference("user_id", "users", OnDelete::Cascade)
        .unique(&["organisation_id", "user_id"])
        .index(&["user_id"])
}

fn preferences() -> Table {
    Table::new("preferences", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("notifications", ColumnType::Json)
        .column("updated_at", ColumnType::Timestamp)
        .reference("user_id", "users", OnDelete::Cascade)
        .unique(&["user_id"])
}

fn invitations() -> Table {
    Table::new("invitations", Policy::closed().read(managers()).insert(managers()).update(managers()).and_system())
        .column("email", ColumnType::Text)
        .optional("name", ColumnType::Text)
        .column("roles", ColumnType::Json)
        .optional("organisation_id", ColumnType::Uuid)
        .optional("user_id", ColumnType::Uuid)
        .optional("invited_by", ColumnType::Uuid)
        .optional("locale", ColumnType::Text)
        .column("status", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .column("expires_at", ColumnType::Timestamp)
        .optional("accepted_at", ColumnType::Timestamp)
        .reference("organisation_id", "organisations", OnDelete::Cascade)
        .reference("user_id", "users", OnDelete::Cascade)
        .index(&["status", "created_at"])
        .index(&["email"])
        .index(&["user_id"])
}

fn one_time_tokens() -> Table {
    Table::new("one_time_tokens", Policy::system())
        .column("purpose", ColumnType::Text)
        .optional("user_id", ColumnType::Uuid)
        .optional("invitation_id", ColumnType::Uuid)
        .column("email", ColumnType::Text)
        .column("token_hash", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .column("expires_at", ColumnType::Timestamp)
        .optional("used_at", ColumnType::Timestamp)
        .reference("user_id", "users", OnDelete::Cascade)
        .reference("invitation_id", "invitations", OnDelete::Cascade)
        .unique(&["token_hash"])
        .index(&["user_id", "purpose"])
        .index(&["invitation_id"])
        .index(&["expires_at"])
}

fn login_failures() -> Table {
    Table::new("login_failures", Policy::system())
        .column("subject", ColumnType::Bytes)
        .column("failures", ColumnType::Integer)
        .column("last_at", ColumnType::Timestamp)
        .column("locked_until", ColumnType::Timestamp)
        .unique(&["subject"])
        .index(&["last_at"])
}

fn signing_keys() -> Table {
    Table::installation("signing_keys", Policy::system())
        .column("slot", ColumnType::Text)
        .column("state", ColumnType::Text)
        .column("key_id", ColumnType::Text)
        .column("private_key", ColumnType::Bytes)
        .column("created_at", ColumnType::Timestamp)
        .column("since", ColumnType::Timestamp)
        .unique(&["slot"])
        .unique(&["key_id"])
}

fn signals() -> Table {
    let from_within = Rule::Tenant("tenant").and(Rule::SignedIn.or(Rule::System));
    Table::installation("signals", Policy::closed().insert(from_within).read(Rule::System).delete(Rule::System))
        .column("tenant", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("subject", ColumnType::Uuid)
        .column("value", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .index(&["created_at"])
}

fn outgoing_mails() -> Table {
    Table::installation("outgoing_mails", Policy::system())
        .column("tenant", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("content", ColumnType::Bytes)
        .column("attempts", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("due_at", ColumnType::Timestamp)
        .optional("last_error", ColumnType::Text)
        .optional("dead_at", ColumnType::Timestamp)
        .index(&["dead_at", "due_at"])
}

/// People see and change their own, those who run the tenant all.
fn api_keys() -> Table {
    let own = || Rule::Owner("user_id").or(managers());
    Table::new("api_keys", Policy::closed().read(own()).insert(own()).update(own()).and_system())
        .column("user_id", ColumnType::Uuid)
        .column("name", ColumnType::Text)
        .column("secret_hash", ColumnType::Bytes)
        .optional("previous_hash", ColumnType::Bytes)
        .optional("previous_until", ColumnType::Timestamp)
        .column("scopes", ColumnType::Json)
        .column("networks", ColumnType::Json)
        .optional("plan", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .optional("expires_at", ColumnType::Timestamp)
        .optional("last_used_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .reference("user_id", "users", OnDelete::Cascade)
        .index(&["user_id", "created_at"])
        .index(&["created_at"])
        .index(&["revoked_at"])
}

/// What keys have asked is for their owners; all of it for those who run the tenant or look at its figures.
fn usage_hours() -> Table {
    let readers = Rule::Owner("user_id").or(managers()).or(Rule::HasRole(Role::Analyst));
    Table::new("usage_hours", Policy::closed().read(readers).and_system())
        .column("hour", ColumnType::Timestamp)
        .column("key_id", ColumnType::Uuid)
        .column("user_id", ColumnType::Uuid)
        .column("route", ColumnType::Text)
        .column("version", ColumnType::Integer)
        .column("requests", ColumnType::Integer)
        .column("refused", ColumnType::Integer)
        .column("limited", ColumnType::Integer)
        .column("failed", ColumnType::Integer)
        .column("micros", ColumnType::Integer)
        .unique(&["hour", "key_id", "route", "version"])
        .index(&["user_id", "hour"])
        .index(&["key_id", "hour"])
        .index(&["requests"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indexes_of_the_ledger_have_their_names() {
        let schema = schema();
        let users = schema.table("users").unwrap();
        let names: Vec<_> = users.indexes.iter().map(|index| index.name("users")).collect();
        assert!(names.contains(&"idx_users_email".to_owned()));
        assert!(names.contains(&"idx_users_created_at".to_owned()));
    }

    #[test]
    fn no_override_reaches_secrets() {
        for table in ["credentials", "refresh_tokens", "one_time_tokens", "signing_keys", "outgoing_mails"] {
            assert_eq!(schema().table(table).unwrap().policy, Policy::system(), "{table}");
        }
    }
}
