//! What the policies know of the caller: six settings on PostgreSQL, connection state behind functions on SQLite.

use banyan_kernel::{Actor, Caller, Role, Roles, Uuid};

/// The bound caller as the policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub tenant: Uuid,
    pub user: Option<Uuid>,
    pub actor: ActorKind,
    pub roles: Roles,
    pub organisations: std::sync::Arc<[Uuid]>,
    pub elevated: Elevated,
}

/// The settings `banyan.actor` and `rls_actor()` hold these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorKind {
    Anonymous,
    User,
    System,
    /// The store's own bookkeeping; made by [`Context::as_platform`] only.
    Platform,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elevated {
    Yes,
    No,
}

impl ActorKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::System => "system",
            Self::Platform => "platform",
        }
    }
}

impl Context {
    pub(crate) fn of(caller: &Caller) -> Self {
        let actor = match caller.actor {
            Actor::Anonymous => ActorKind::Anonymous,
            Actor::User(_) => ActorKind::User,
            Actor::System(_) => ActorKind::System,
        };
        Self {
            tenant: caller.tenant,
            user: caller.user_id(),
            actor,
            roles: caller.roles,
            organisations: caller.organisations.clone(),
            elevated: if caller.elevation().is_some() { Elevated::Yes } else { Elevated::No },
        }
    }

    /// The same tenant, acting as the store itself.
    pub(crate) fn as_platform(&self) -> Self {
        Self {
            tenant: self.tenant,
            user: None,
            actor: ActorKind::Platform,
            roles: Roles::NONE,
            organisations: std::sync::Arc::from([]),
            elevated: Elevated::No,
        }
    }

    /// `,user,admin,`: a role is held if `,name,` stands in it. Empty without roles.
    pub(crate) fn role_list(&self) -> String {
        if self.roles == Roles::NONE {
            return String::new();
        }
        self.roles.iter().fold(String::from(","), |list, role: Role| list + role.name() + ",")
    }

    /// A PostgreSQL array literal, `{…}`.
    pub(crate) fn organisation_list(&self) -> String {
        let ids: Vec<String> = self.organisations.iter().map(Uuid::to_string).collect();
        format!("{{{}}}", ids.join(","))
    }
}
