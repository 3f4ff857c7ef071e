//! Who asks. A handler takes a [`Caller`]; the store binds rows to it; nothing else decides what is visible.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::{ErrorCode, Permission, Roles, Scopes};

/// Correlates one request through logs, problems and audit records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The one who acts inside a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// No credential was given.
    Anonymous,
    /// A person or a service account.
    User(Uuid),
    /// The named service itself: log-in, jobs, event consumers. Never made from a request's own words.
    System(&'static str),
}

/// Why a caller sees rows beyond their own. Made only by [`Caller::elevate`], written to the audit log by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elevation {
    pub permission: Permission,
    /// The reason as given, at most 500 characters; `None` when it was left out, which the compliance report counts.
    pub reason: Option<Arc<str>>,
}

/// A verified caller: tenant, actor, roles, organisations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    pub tenant: Uuid,
    pub actor: Actor,
    pub roles: Roles,
    /// Organisations inside the tenant of which the caller is a member.
    pub organisations: Arc<[Uuid]>,
    /// The log-in session behind the credential.
    pub session: Option<Uuid>,
    pub request: RequestId,
    key: Option<ApiKey>,
    elevation: Option<Elevation>,
}

/// The API key by which somebody acts: it may do no more than its scopes, whatever its owner may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ApiKey {
    id: Uuid,
    scopes: Scopes,
}

impl Caller {
    pub fn anonymous(tenant: Uuid, request: RequestId) -> Self {
        Self::new(tenant, Actor::Anonymous, Roles::NONE, request)
    }

    pub fn user(tenant: Uuid, user: Uuid, roles: Roles, request: RequestId) -> Self {
        Self::new(tenant, Actor::User(user), roles, request)
    }

    /// The service acting for itself inside one tenant.
    pub fn system(tenant: Uuid, service: &'static str, request: RequestId) -> Self {
        Self::new(tenant, Actor::System(service), Roles::NONE, request)
    }

    fn new(tenant: Uuid, actor: Actor, roles: Roles, request: RequestId) -> Self {
        Self { tenant, actor, roles, organisations: Arc::from([]), session: None, request, key: None, elevation: None }
    }

    #[must_use]
    pub fn with_session(mut self, session: Uuid) -> Self {
        self.session = Some(session);
        self
    }

    #[must_use]
    pub fn with_organisations(mut self, organisations: Arc<[Uuid]>) -> Self {
        self.organisations = organisations;
        self
    }

    /// The same person, acting by an API key: without the roles that stand for more than the scopes (which rows they would see),
    /// and with no permission beyond them.
    #[must_use]
    pub fn with_key(mut self, id: Uuid, scopes: Scopes) -> Self {
        let scopes = scopes.within(self.roles);
        self.roles = self.roles.narrowed(scopes);
        self.key = Some(ApiKey { id, scopes });
        self
    }

    /// As [`Caller::with_key`] has made it on another node of ours: roles and scopes are narrowed already.
    #[must_use]
    pub fn with_narrowed_key(mut self, id: Uuid, scopes: Scopes) -> Self {
        self.key = Some(ApiKey { id, scopes });
        self
    }

    /// The API key by which the caller acts.
    pub fn key(&self) -> Option<Uuid> {
        self.key.map(|key| key.id)
    }

    /// The scopes of the key; none for a person's own log-in, which is not bound to any.
    pub fn scopes(&self) -> Option<Scopes> {
        self.key.map(|key| key.scopes)
    }

    /// What the caller may do: by the roles, and by the key if there is one.
    pub fn allows(&self, permission: Permission) -> bool {
        match self.key {
            Some(key) => key.scopes.contains(permission),
            None => self.roles.allow(permission),
        }
    }

    /// For what a person must do themselves: changing passwords, making keys.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthenticated`] when nobody is signed in, [`ErrorCode::Forbidden`] for a caller who came by an API key.
    pub fn require_person(&self) -> Result<Uuid, ErrorCode> {
        let user = self.require_user()?;
        if self.key.is_some() { Err(ErrorCode::Forbidden) } else { Ok(user) }
    }

    pub fn user_id(&self) -> Option<Uuid> {
        match self.actor {
            Actor::User(id) => Some(id),
            Actor::Anonymous | Actor::System(_) => None,
        }
    }

    /// The caller's id, or the code of the answer for an anonymous one.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthenticated`] when nobody is signed in.
    pub fn require_user(&self) -> Result<Uuid, ErrorCode> {
        self.user_id().ok_or(ErrorCode::Unauthenticated)
    }

    /// # Errors
    /// [`ErrorCode::Unauthenticated`] for an anonymous caller, [`ErrorCode::Forbidden`] without the permission.
    pub fn require(&self, permission: Permission) -> Result<(), ErrorCode> {
        match self.actor {
            Actor::Anonymous => Err(ErrorCode::Unauthenticated),
            Actor::User(_) if self.allows(permission) => Ok(()),
            Actor::User(_) | Actor::System(_) => Err(ErrorCode::Forbidden),
        }
    }

    /// The same caller with sight of every row of the tenant. Each use is audited with the reason by the store.
    ///
    /// # Errors
    /// As [`Caller::require`].
    pub fn elevate(&self, permission: Permission, reason: Option<&str>) -> Result<Self, ErrorCode> {
        self.require(permission)?;
        let reason = reason.map(str::trim).filter(|text| !text.is_empty());
        let reason = reason.map(|text| text.chars().take(500).collect::<String>().into());
        Ok(Self { elevation: Some(Elevation { permission, reason }), ..self.clone() })
    }

    pub fn elevation(&self) -> Option<&Elevation> {
        self.elevation.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn request() -> RequestId {
        RequestId(Uuid::nil())
    }

    #[test]
    fn a_key_may_do_what_both_its_owner_and_its_scopes_allow() {
        let admin = Caller::user(Uuid::nil(), Uuid::nil(), Roles::from_iter([Role::Admin]), request());
        let key = |scopes: &[Permission]| admin.clone().with_key(Uuid::from_u128(1), scopes.iter().copied().collect());
        let reader = key(&[Permission::UsersRead, Permission::TenantManage]);
        assert_eq!(reader.require(Permission::UsersRead), Ok(()));
        assert_eq!(reader.require(Permission::UsersManage), Err(ErrorCode::Forbidden));
        assert_eq!(reader.require(Permission::TenantManage), Err(ErrorCode::Forbidden), "its owner may not");
        assert!(reader.elevate(Permission::RecordsOverride, None).is_err());
        assert_eq!((reader.require_person(), admin.require_person()), (Err(ErrorCode::Forbidden), Ok(Uuid::nil())));
        assert_eq!(key(&[]).require_user(), Ok(Uuid::nil()));
    }

    #[test]
    fn only_the_permission_elevates() {
        let user = Caller::user(Uuid::nil(), Uuid::nil(), Roles::from_iter([Role::User]), request());
        assert_eq!(user.elevate(Permission::RecordsOverride, None).unwrap_err(), ErrorCode::Forbidden);
        let nobody = Caller::anonymous(Uuid::nil(), request());
        assert_eq!(nobody.elevate(Permission::RecordsOverride, None).unwrap_err(), ErrorCode::Unauthenticated);
        let system = Caller::system(Uuid::nil(), "goals", request());
        assert!(system.elevate(Permission::RecordsOverride, None).is_err());
        let admin = Caller::user(Uuid::nil(), Uuid::nil(), Roles::from_iter([Role::Admin]), request());
        let elevated = admin.elevate(Permission::RecordsOverride, Some("  ")).unwrap();
        assert_eq!(elevated.elevation().unwrap().reason, None);
    }
}
