//! Roles that a person holds inside a tenant, and the permissions that they stand for. Code asks for a permission by name, never for a role.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$about])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|word| word.name() == text).ok_or_else(|| UnknownName {
                    name: text.chars().take(40).collect(),
                    known: Self::ALL.iter().map(|word| word.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A role or permission that does not exist; lists the ones that do.
#[derive(Debug, thiserror::Error)]
#[error("unknown name `{name}`; known: {known}")]
pub struct UnknownName {
    name: String,
    known: String,
}

words! {
    /// What a person (or a service account) is in a tenant.
    Role {
        User = "user",
        Coach = "coach",
        Analyst = "analyst",
        Support = "support",
        Service = "service",
        Admin = "admin",
        Owner = "owner",
        /// Writes texts in other languages.
        Translator = "translator",
        /// Also approves what others wrote.
        Reviewer = "reviewer",
        /// Also publishes what was approved.
        Publisher = "publisher",
    }
}

words! {
    /// What may be done. `<resource>.<verb>`.
    Permission {
        UsersRead = "users.read",
        UsersManage = "users.manage",
        RolesManage = "roles.manage",
        ContentManage = "content.manage",
        RecordsOverride = "records.override",
        AuditRead = "audit.read",
        AnalyticsRead = "analytics.read",
        TenantManage = "tenant.manage",
        ServicesRead = "services.read",
        ComplianceRead = "compliance.read",
        KeysManage = "keys.manage",
        GatewayManage = "gateway.manage",
        EventsPublish = "events.publish",
        EventsRead = "events.read",
        NotificationsManage = "notifications.manage",
        BackgroundManage = "background.manage",
        EventsSubscribe = "events.subscribe",
        SupportHandle = "support.handle",
        FlagsManage = "flags.manage",
        TranslationsWrite = "translations.write",
        TranslationsReview = "translations.review",
        TranslationsPublish = "translations.publish",
        RealtimeManage = "realtime.manage",
    }
}

impl Role {
    /// The permissions of the role. `Owner` has all that `Admin` has, and may appoint admins.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Self::User => &[],
            // Only types that were declared for the account, and subscriptions of its own; and rooms of its tenant.
            Self::Service => &[EventsPublish, EventsSubscribe, RealtimeManage],
            Self::Coach => &[],
            Self::Analyst => &[AnalyticsRead],
            Self::Support => &[UsersRead, SupportHandle],
            Self::Translator => &[TranslationsWrite],
            Self::Reviewer => &[TranslationsWrite, TranslationsReview],
            Self::Publisher => &[TranslationsWrite, TranslationsReview, TranslationsPublish],
            Self::Admin => &[
                UsersRead,
                UsersManage,
                RolesManage,
                ContentManage,
                RecordsOverride,
                AuditRead,
                AnalyticsRead,
                ServicesRead,
                ComplianceRead,
                KeysManage,
                GatewayManage,
                EventsPublish,
                EventsRead,
                NotificationsManage,
                BackgroundManage,
                EventsSubscribe,
                SupportHandle,
                FlagsManage,
                TranslationsWrite,
                TranslationsReview,
                TranslationsPublish,
                RealtimeManage,
            ],
            Self::Owner => Permission::ALL,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles(u16);

impl Roles {
    pub const NONE: Self = Self(0);

    pub fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.contains(*role))
    }

    pub fn allow(self, permission: Permission) -> bool {
        self.iter().any(|role| role.permissions().contains(&permission))
    }

    /// The roles that an API key with these scopes acts with: they decide which rows it sees. A role stays where the key may do all
    /// that it permits. For the rest stand lesser ones: who may look people or figures up or write texts, and the admin who may manage
    /// something.
    #[must_use]
    pub fn narrowed(self, scopes: Scopes) -> Self {
        let scopes = scopes.within(self);
        let has_all = |role: &Role| role.permissions().iter().all(|one| scopes.contains(*one));
        // Those who may look need not be able to change anything besides.
        let looks = |role: &Role| role.permissions().iter().all(|one| one.changes() || scopes.contains(*one));
        let manages = self.contains(Role::Admin) || self.contains(Role::Owner);
        let admin = manages && Role::Admin.permissions().iter().any(|one| one.changes() && scopes.contains(*one));
        let lookers = [Role::Analyst, Role::Support].into_iter().filter(looks);
        let writers = [Role::Translator, Role::Reviewer].into_iter().filter(has_all);
        let stand_ins = lookers.chain(writers).chain(admin.then_some(Role::Admin));
        self.iter().filter(has_all).chain(stand_ins).collect()
    }
}

impl Permission {
    /// Whether it is more than looking.
    pub const fn changes(self) -> bool {
        match self {
            Self::UsersManage
            | Self::RolesManage
            | Self::ContentManage
            | Self::RecordsOverride
            | Self::TenantManage
            | Self::KeysManage
            | Self::GatewayManage
            | Self::NotificationsManage
            | Self::BackgroundManage
            | Self::EventsSubscribe
            | Self::SupportHandle
            | Self::FlagsManage
            | Self::TranslationsWrite
            | Self::TranslationsReview
            | Self::TranslationsPublish => true,
            Self::UsersRead | Self::AuditRead | Self::AnalyticsRead | Self::ServicesRead | Self::ComplianceRead => false,
            // What is published stands in a log and changes no row: a key for it need not see what an admin sees.
            Self::EventsPublish | Self::EventsRead => false,
            // Rooms are no rows, either.
            Self::RealtimeManage => false,
        }
    }
}

/// Permissions that an API key is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u32);

impl Scopes {
    pub const NONE: Self = Self(0);

    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u32)
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }

    /// Those that the roles permit, too.
    #[must_use]
    pub fn within(self, roles: Roles) -> Self {
        self.iter().filter(|permission| roles.allow(*permission)).collect()
    }
}

impl FromIterator<Permission> for Scopes {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().unwrap(), *role);
        }
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse::<Permission>().unwrap(), *permission);
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn a_key_acts_with_no_more_roles_than_its_scopes() {
        let owner = Roles::from_iter([Role::User, Role::Owner]);
        let of = |scopes: &[Permission]| owner.narrowed(scopes.iter().copied().collect());
        assert_eq!(of(&[]), Roles::from_iter([Role::User]));
        assert_eq!(of(&[Permission::UsersRead]), Roles::from_iter([Role::User, Role::Support]));
        assert_eq!(of(&[Permission::AnalyticsRead, Permission::AuditRead]), Roles::from_iter([Role::User, Role::Analyst]));
        assert_eq!(of(&[Permission::UsersManage]), Roles::from_iter([Role::User, Role::Admin]), "only all of it makes an owner");
        assert!(of(Permission::ALL).contains(Role::Owner));
        let user = Roles::from_iter([Role::User]);
        assert_eq!(user.narrowed(Permission::ALL.iter().copied().collect()), user, "scopes give nothing");
        assert_eq!(Scopes::from_iter([Permission::UsersRead]).within(user), Scopes::NONE);
    }

    #[test]
    fn a_user_may_override_nothing_and_an_owner_everything() {
        let user = Roles::from_iter([Role::User]);
        let owner = Roles::from_iter([Role::Owner]);
        for permission in Permission::ALL {
            assert!(!user.allow(*permission));
            assert!(owner.allow(*permission));
        }
        assert!(!Roles::from_iter([Role::Admin]).allow(Permission::TenantManage));
    }
}
