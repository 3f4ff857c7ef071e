//! The words of identity, and who may do what to whom.

use std::fmt;

use banyan_kernel::{Role, Roles, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entity::user;

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UserStatus)]
pub enum Status {
    Active,
    Disabled,
}

impl Status {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// A word that is not known lets nobody in.
    pub(crate) fn parse(word: &str) -> Self {
        if word == Self::Active.word() { Self::Active } else { Self::Disabled }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether an account is a person's or a program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UserKind)]
pub(crate) enum Kind {
    Person,
    Service,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }

    pub(crate) fn parse(word: &str) -> Self {
        if word == Self::Service.word() { Self::Service } else { Self::Person }
    }
}

/// What a mailed secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    VerifyEmail,
    ResetPassword,
    Invitation,
}

impl Purpose {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::Invitation => "invitation",
        }
    }

    /// How long the secret can be used, in seconds.
    pub(crate) const fn lifetime_seconds(self) -> i64 {
        match self {
            Self::VerifyEmail => 3 * 86_400,
            Self::ResetPassword => 3_600,
            Self::Invitation => 7 * 86_400,
        }
    }
}

/// What a user may do now: the part of a token that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    pub roles: Roles,
    pub organisations: Vec<Uuid>,
    /// Rises with each change; tokens with a lower one are refused.
    pub version: i64,
}

/// A user with what they may do.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub user: user::Model,
    pub rights: Rights,
}

impl Person {
    pub(crate) fn is_active(&self) -> bool {
        self.user.status == Status::Active.word()
    }
}

/// Why somebody may not act on an account, although they may manage users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// Nobody locks themselves out or takes their own roles.
    #[error("nobody does this to their own account")]
    Myself,
    /// Admins and owners are appointed, changed and removed by owners.
    #[error("only an owner does this to an admin or an owner")]
    OwnersOnly,
    /// A tenant without an owner could not be run any more.
    #[error("the tenant would be left without an owner")]
    LastOwner,
}

/// Roles that only an owner gives and takes.
pub(crate) fn is_appointed(roles: Roles) -> bool {
    roles.contains(Role::Admin) || roles.contains(Role::Owner)
}

/// Who acts: a person with roles, or the one at the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manager {
    Person { id: Uuid, roles: Roles },
    CommandLine,
}

impl Manager {
    /// May they disable, enable or end the sessions of an account with these roles?
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub(crate) fn may_change(self, target: Uuid, roles: Roles) -> Result<(), NotAllowed> {
        match self {
            Self::CommandLine => Ok(()),
            Self::Person { id, .. } if id == target => Err(NotAllowed::Myself),
            Self::Person { roles: own, .. } if is_appointed(roles) && !own.contains(Role::Owner) => Err(NotAllowed::OwnersOnly),
            Self::Person { .. } => Ok(()),
        }
    }

    /// May they replace an account's roles?
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub(crate) fn may_assign(self, target: Uuid, before: Roles, after: Roles) -> Result<(), NotAllowed> {
        self.may_change(target, before)?;
        self.may_appoint(after)
    }

    /// May they give these roles to somebody new?
    ///
    /// # Errors
    /// [`NotAllowed::OwnersOnly`].
    pub(crate) fn may_appoint(self, roles: Roles) -> Result<(), NotAllowed> {
        match self {
            Self::Person { roles: own, .. } if is_appointed(roles) && !own.contains(Role::Owner) => Err(NotAllowed::OwnersOnly),
            Self::Person { .. } | Self::CommandLine => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn roles(roles: &[Role]) -> Roles {
        roles.iter().copied().collect()
    }

    fn manager(role: Role) -> Manager {
        Manager::Person { id: ME, roles: roles(&[role]) }
    }

    #[test]
    fn nobody_changes_themselves() {
        for role in [Role::Admin, Role::Owner] {
            assert_eq!(manager(role).may_change(ME, roles(&[role])), Err(NotAllowed::Myself));
            assert_eq!(manager(role).may_assign(ME, roles(&[role]), roles(&[Role::Owner])), Err(NotAllowed::Myself));
        }
    }

    #[test]
    fn only_an_owner_appoints_and_removes_admins_and_owners() {
        let admin = manager(Role::Admin);
        let owner = manager(Role::Owner);
        for appointed in [Role::Admin, Role::Owner] {
            assert_eq!(admin.may_change(OTHER, roles(&[appointed])), Err(NotAllowed::OwnersOnly));
            assert_eq!(admin.may_assign(OTHER, roles(&[Role::User]), roles(&[appointed])), Err(NotAllowed::OwnersOnly));
            assert_eq!(admin.may_assign(OTHER, roles(&[appointed]), roles(&[Role::User])), Err(NotAllowed::OwnersOnly));
            assert_eq!(admin.may_appoint(roles(&[appointed])), Err(NotAllowed::OwnersOnly));
            assert_eq!(owner.may_assign(OTHER, roles(&[Role::User]), roles(&[appointed])), Ok(()));
            assert_eq!(Manager::CommandLine.may_assign(OTHER, Roles::NONE, roles(&[appointed])), Ok(()));
        }
        assert_eq!(admin.may_assign(OTHER, roles(&[Role::User]), roles(&[Role::Coach, Role::Support])), Ok(()));
    }
}
