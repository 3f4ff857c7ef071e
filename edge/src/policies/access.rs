//! Who may use a route, asked at the door.

use std::fmt;
use std::sync::Arc;

use banyan_http::Problem;
use banyan_kernel::{Caller, ErrorCode, Permission, Role};
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;

/// Whom a route is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody; no credential is read.
    Public,
    /// Everybody; a credential that is there must be good. The service decides what nobody may do.
    Optional,
    /// Who is signed in.
    User,
    /// Who comes with an API key.
    Key,
    Role(Role),
    Scope(Arc<str>),
    Permission(Permission),
}

/// What a credential says beside its caller.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown<'c> {
    pub(crate) is_key: bool,
    /// None where the credential is not bound to scopes: a person's own.
    pub(crate) scopes: Option<&'c [Arc<str>]>,
}

impl Access {
    /// Whether a credential is looked at.
    pub(crate) const fn reads_credentials(&self) -> bool {
        !matches!(self, Self::Public)
    }

    /// # Errors
    /// 401 for nobody, 403 for who may not.
    pub(crate) fn check(&self, caller: &Caller, shown: Shown<'_>) -> Result<(), Problem> {
        if matches!(self, Self::Public | Self::Optional) {
            return Ok(());
        }
        caller.require_user().map_err(|code| self.refusal(code))?;
        let allowed = match self {
            Self::Public | Self::Optional | Self::User => true,
            Self::Key => shown.is_key,
            Self::Role(role) => caller.roles.contains(*role),
            // A person who signed in herself is not bound to scopes; a key or a token given to a program is.
            Self::Scope(scope) => shown.scopes.is_none_or(|scopes| scopes.iter().any(|held| held == scope)),
            Self::Permission(permission) => caller.require(*permission).is_ok(),
        };
        if allowed { Ok(()) } else { Err(self.refusal(ErrorCode::Forbidden)) }
    }

    /// With the challenge that says what would do (RFC 9110 §11.6.1, RFC 6750 §3).
    fn refusal(&self, code: ErrorCode) -> Problem {
        let challenge = match (code, self) {
            (ErrorCode::Forbidden, Self::Scope(scope)) => format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""),
            (ErrorCode::Forbidden, _) => "Bearer error=\"insufficient_scope\"".to_owned(),
            _ => "Bearer".to_owned(),
        };
        let challenge = HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
        Problem::new(code).header(WWW_AUTHENTICATE, challenge)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Optional => f.write_str("optional"),
            Self::User => f.write_str("user"),
            Self::Key => f.write_str("key"),
            Self::Role(role) => write!(f, "role {role}"),
            Self::Scope(scope) => write!(f, "scope {scope}"),
            Self::Permission(permission) => write!(f, "permission {permission}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::{RequestId, Roles, Uuid};

    #[test]
    fn each_rule_refuses_nobody_and_who_may_not() {
        let request = RequestId(Uuid::nil());
        let nobody = Caller::anonymous(Uuid::nil(), request);
        let coach = Caller::user(Uuid::nil(), Uuid::nil(), Roles::from_iter([Role::Coach]), request);
        let code = |access: &Access, caller: &Caller, shown| access.check(caller, shown).map_err(|problem| problem.code());
        let person = Shown::default();
        let read: [Arc<str>; 1] = ["goals.read".into()];
        let key = Shown { is_key: true, scopes: Some(&read) };
        for access in [
            Access::User,
            Access::Key,
            Access::Role(Role::Coach),
            Access::Scope("goals.read".into()),
            Access::Permission(Permission::UsersRead),
        ] {
            assert_eq!(code(&access, &nobody, person), Err(ErrorCode::Unauthenticated), "{access}");
        }
        assert_eq!(code(&Access::User, &coach, person), Ok(()));
        assert_eq!(code(&Access::Key, &coach, person), Err(ErrorCode::Forbidden));
        assert_eq!(code(&Access::Key, &coach, key), Ok(()));
        assert_eq!(code(&Access::Role(Role::Coach), &coach, person), Ok(()));
        assert_eq!(code(&Access::Role(Role::Admin), &coach, person), Err(ErrorCode::Forbidden));
        assert_eq!(code(&Access::Scope("goals.read".into()), &coach, key), Ok(()));
        assert_eq!(code(&Access::Scope("goals.write".into()), &coach, key), Err(ErrorCode::Forbidden));
        assert_eq!(code(&Access::Scope("goals.write".into()), &coach, person), Ok(()));
        assert_eq!(code(&Access::Permission(Permission::UsersRead), &coach, person), Err(ErrorCode::Forbidden));
        for open in [Access::Public, Access::Optional] {
            assert_eq!(code(&open, &nobody, person), Ok(()));
        }
    }
}
