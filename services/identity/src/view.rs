//! People, sessions, invitations and organisations as they are sent.

use banyan_http::ETag;
use banyan_kernel::{Role, Roles, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entity::{api_key, invitation, organisation, session};
use crate::model::{Kind, Person, Status};
use crate::store::api_keys;
use crate::store::invitations::{self, State};

/// What a person is in the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    User,
    Coach,
    Analyst,
    Support,
    Service,
    Admin,
    Owner,
    /// Writes texts in other languages.
    Translator,
    /// Also approves what others wrote.
    Reviewer,
    /// Also publishes what was approved.
    Publisher,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Coach => Self::Coach,
            RoleName::Analyst => Self::Analyst,
            RoleName::Support => Self::Support,
            RoleName::Service => Self::Service,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
            RoleName::Translator => Self::Translator,
            RoleName::Reviewer => Self::Reviewer,
            RoleName::Publisher => Self::Publisher,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Coach => Self::Coach,
            Role::Analyst => Self::Analyst,
            Role::Support => Self::Support,
            Role::Service => Self::Service,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
            Role::Translator => Self::Translator,
            Role::Reviewer => Self::Reviewer,
            Role::Publisher => Self::Publisher,
        }
    }
}

/// Names as the set that they stand for.
pub(crate) fn roles(names: &[RoleName]) -> Roles {
    names.iter().copied().map(Role::from).collect()
}

fn role_names(roles: Roles) -> Vec<RoleName> {
    roles.iter().map(RoleName::from).collect()
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User, example = json!({
    "id": "01941f29-7c00-7000-8000-0000000000aa", "email": "maya@example.org", "name": "Maya Hartono", "kind": "person",
    "status": "active", "roles": ["user"], "organisations": [], "emailVerified": true, "locale": "id-ID", "timeZone": "Asia/Jakarta",
    "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z"
}))]
pub(crate) struct UserView {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) roles: Vec<RoleName>,
    /// Ids of the organisations of which the user is a member.
    pub(crate) organisations: Vec<Uuid>,
    /// Whether the address was shown to be the person's.
    pub(crate) email_verified: bool,
    /// The language that the person chose (BCP 47); `null` until then.
    pub(crate) locale: Option<String>,
    /// The time zone that the person chose (IANA); `null` until then.
    pub(crate) time_zone: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
}

impl From<Person> for UserView {
    fn from(person: Person) -> Self {
        let Person { user, rights } = person;
        Self {
            kind: Kind::parse(&user.kind),
            status: Status::parse(&user.status),
            roles: role_names(rights.roles),
            organisations: rights.organisations,
            email_verified: user.email_verified_at.is_some(),
            id: user.id,
            email: user.email,
            name: user.name,
            locale: user.locale,
            time_zone: user.time_zone,
            created_at: Timestamp::from_micros(user.created_at),
            updated_at: Timestamp::from_micros(user.updated_at),
        }
    }
}

/// The tag of a row with a version, which also tells two changes in one microsecond apart.
pub(crate) fn tag(id: Uuid, version: i64) -> ETag {
    ETag::of_version(id, Timestamp::from_micros(version))
}

/// A log-in on one device.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionView {
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its tokens were last renewed.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// As the device describes itself.
    user_agent: Option<String>,
    /// From where it was opened.
    address: Option<String>,
}

impl SessionView {
    pub(crate) fn of(row: session::Model, present: Option<Uuid>) -> Self {
        Self {
            id: row.id,
            current: present == Some(row.id),
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: Timestamp::from_micros(row.last_used_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            user_agent: row.user_agent,
            address: row.address,
        }
    }
}

/// An API key, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey, example = json!({
    "id": "01941f29-7c00-7000-8000-0000000000cc", "userId": "01941f29-7c00-7000-8000-0000000000aa", "name": "Nightly export",
    "scopes": ["analytics.read"], "networks": [], "plan": null, "createdAt": "2025-01-01T08:00:00Z", "expiresAt": null,
    "lastUsedAt": null, "previousCountsUntil": null, "version": 1
}))]
pub(crate) struct ApiKeyView {
    pub(crate) id: Uuid,
    /// For whom it acts.
    user_id: Uuid,
    name: String,
    /// Permissions that it may use, as far as its owner has them.
    scopes: Vec<String>,
    /// Networks from which it counts; all, if there are none.
    networks: Vec<String>,
    /// The plan by which its requests are limited; the owner's limits, if there is none.
    plan: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// To a quarter of an hour.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// For how long the text before the last rotation counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_counts_until: Option<Timestamp>,
    /// Rises with each change.
    version: i64,
}

impl ApiKeyView {
    pub(crate) fn version(&self) -> i64 {
        self.version
    }
}

impl From<api_key::Model> for ApiKeyView {
    fn from(row: api_key::Model) -> Self {
        Self {
            scopes: api_keys::texts(&row.scopes).map(str::to_owned).collect(),
            networks: api_keys::texts(&row.networks).map(str::to_owned).collect(),
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            plan: row.plan,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
            previous_counts_until: row.previous_until.map(Timestamp::from_micros),
            version: row.version,
        }
    }
}

/// Somebody is asked to join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    pub(crate) id: Uuid,
    email: String,
    name: Option<String>,
    /// What the person will be.
    roles: Vec<RoleName>,
    /// The organisation that the person will be a member of.
    organisation_id: Option<Uuid>,
    /// The account that waits for the person, where an administrator made one.
    user_id: Option<Uuid>,
    invited_by: Option<Uuid>,
    status: State,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Afterwards the mail's secret counts no longer.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
}

impl From<invitation::Model> for InvitationView {
    fn from(row: invitation::Model) -> Self {
        Self {
            roles: role_names(invitations::roles(&row)),
            status: State::parse(&row.status),
            id: row.id,
            email: row.email,
            name: row.name,
            organisation_id: row.organisation_id,
            user_id: row.user_id,
            invited_by: row.invited_by,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            accepted_at: row.accepted_at.map(Timestamp::from_micros),
        }
    }
}

/// A group inside the tenant: a gym, a firm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organisation)]
pub(crate) struct OrganisationView {
    pub(crate) id: Uuid,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    pub(crate) version: i64,
}

impl From<organisation::Model> for OrganisationView {
    fn from(row: organisation::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            version: row.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_name_here() {
        for role in Role::ALL {
            let name = RoleName::from(*role);
            assert_eq!(Role::from(name), *role);
            assert_eq!(serde_json::to_value(name).unwrap(), serde_json::to_value(role).unwrap());
        }
    }
}
