//! Events of the identity service, and what it tells other services of a person.

use banyan_kernel::{Role, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Event, Keep};

/// Events about one user: the user's id is the subject, so that a consumer sees one person's events in order.
macro_rules! about_a_user {
    ($($event:ident = $kind:literal $(keeps $keep:ident)?),+ $(,)?) => {
        $(
            impl Event for $event {
                const TYPE: &'static str = $kind;
                const VERSION: u32 = 1;
                $(const KEEP: Keep = Keep::$keep;)?

                fn subject(&self) -> String {
                    self.user_id.to_string()
                }
            }
        )+
    };
}

about_a_user! {
    UserRegistered = "identity.user.registered",
    UserVerified = "identity.user.verified",
    UserDisabled = "identity.user.disabled",
    UserErased = "identity.user.erased",
    UserEnabled = "identity.user.enabled",
    UserRolesChanged = "identity.user.roles-changed" keeps Latest,
    UserProfileChanged = "identity.user.profile-changed" keeps Latest,
    PasswordChanged = "identity.user.password-changed",
    VerificationRequested = "identity.user.verification-requested",
    PasswordResetRequested = "identity.user.password-reset-requested",
    SessionOpened = "identity.user.session-opened",
    SessionRevoked = "identity.user.session-revoked",
}

/// A person has an account: by registration, invitation, or an administrator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    pub user_id: Uuid,
    /// BCP 47, where the person chose one.
    pub locale: Option<String>,
}

/// The person has shown that the e-mail address is theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserVerified {
    pub user_id: Uuid,
}

/// The account may not be used any more. Its sessions have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDisabled {
    pub user_id: Uuid,
}

/// The account is gone, with all that was the person's in the services that identity asked. Who keeps more of the person, such as a program
/// outside, erases it now. Nothing but the id is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserErased {
    pub user_id: Uuid,
}

/// The account may be used again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEnabled {
    pub user_id: Uuid,
}

/// The person's roles are others now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRolesChanged {
    pub user_id: Uuid,
    /// All roles that the person holds now.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// Name, language or time zone changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfileChanged {
    pub user_id: Uuid,
    /// BCP 47, where the person chose one.
    pub locale: Option<String>,
    /// IANA, where the person chose one.
    pub time_zone: Option<String>,
}

/// The person has another password: by changing or resetting it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChanged {
    pub user_id: Uuid,
}

/// A mail is to be sent by which the person shows that the address is theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationRequested {
    pub user_id: Uuid,
    /// The language in which it was asked for.
    pub locale: String,
}

/// A mail is to be sent by which the person sets another password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordResetRequested {
    pub user_id: Uuid,
    /// The language in which it was asked for.
    pub locale: String,
}

/// The person has logged in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionOpened {
    pub user_id: Uuid,
    pub session_id: Uuid,
}

/// A session was ended before its time: by the person, an administrator, or because a refresh token was used twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRevoked {
    pub user_id: Uuid,
    pub session_id: Uuid,
}

/// Somebody is asked to join; a mail is to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationCreated {
    pub invitation_id: Uuid,
    /// The language of the one who invites, for a person who has none yet.
    pub locale: String,
}

impl Event for InvitationCreated {
    const TYPE: &'static str = "identity.invitation.created";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.invitation_id.to_string()
    }
}

/// What a service that writes to a person needs to know: answered by identity to services that act for themselves, at
/// [`PERSON_PATH`]`/{user}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonSheet {
    pub user: UserSummary,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// The tenant's name, as in `X-Tenant`.
    pub tenant: String,
    /// The application that the tenant was made from: its catalogues come before those of the services.
    pub application: String,
    /// The tenant as people read it.
    pub brand: String,
    /// Where the tenant's people reach it, without a `/` at the end.
    pub base_url: String,
}

/// Where identity tells of a person. It is no path of the interface: the door knows nothing of it.
pub const PERSON_PATH: &str = "/internal/people";

/// Who holds certain roles in a tenant and may use the account: answered by identity to services that act for themselves, at
/// [`STAFF_PATH`]`?role=support`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffSheet {
    /// In order of their addresses, at most 100.
    pub people: Vec<Uuid>,
}

/// Where identity tells who holds a role. It is no path of the interface, as [`PERSON_PATH`] is none.
pub const STAFF_PATH: &str = "/internal/staff";

/// When an account goes: answered to services that act for themselves by `GET` [`PERSON_PATH`]`/{user}/erasure`. A `POST` there in the
/// name of somebody who may manage users begins it at once, as `POST /api/v1/admin/users/{id}/erase` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureSheet {
    /// `None` where the person has not asked for it, or has taken it back.
    pub erases_at: Option<Timestamp>,
}

/// What a newcomer finds in a service: something of their own to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstThing {
    /// Of the row that it becomes, so that it is there once however often it is given.
    pub id: Uuid,
    /// In the person's language.
    pub title: String,
    pub text: String,
}

/// A person as other services and the people who run a tenant see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSummary {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// BCP 47; `None` until the person chose one.
    pub locale: Option<String>,
    /// IANA; `None` until the person chose one.
    pub time_zone: Option<String>,
    pub created_at: Timestamp,
}
