//! Who may look: those of a tenant who may, at what is the tenant's; those of the operators' tenant, at everything.

use axum::extract::FromRequestParts;
use banyan_kernel::{Caller, ErrorCode, OPERATORS, Uuid};
use http::request::Parts;

use crate::{Allowed, Problem, Tenant, permit};

/// Somebody who may see and mend what happens in the background. Others are answered 401 or 403.
pub(crate) struct Overseer {
    pub(crate) caller: Caller,
    pub(crate) user: Uuid,
    everything: Everything,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Everything {
    Seen,
    Hidden,
}

impl Overseer {
    /// The one tenant whose things they see; nothing for those who see all.
    pub(crate) fn sees(&self) -> Option<Uuid> {
        (self.everything == Everything::Hidden).then_some(self.caller.tenant)
    }

    /// The one tenant that they ask for.
    ///
    /// # Errors
    /// 403 where it is not for their eyes.
    pub(crate) fn asks(&self, tenant: Option<Uuid>) -> Result<Option<Uuid>, Problem> {
        match (self.sees(), tenant) {
            (Some(own), Some(asked)) if own != asked => Err(ErrorCode::Forbidden.into()),
            (own, asked) => Ok(own.or(asked)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Overseer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Allowed { caller, .. } = Allowed::<permit::BackgroundManage>::from_request_parts(parts, state).await?;
        let tenant = <Tenant as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        // The caller's own tenant is what counts: a request for another one does not get here, and would see nothing.
        let everything =
            if *tenant.name == *OPERATORS && tenant.id == caller.tenant { Everything::Seen } else { Everything::Hidden };
        Ok(Self { user: caller.require_user()?, caller, everything })
    }
}

/// An [`Overseer`] of all tenants: for what belongs to none of them.
pub(crate) struct Operator(pub(crate) Overseer);

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let overseer = Overseer::from_request_parts(parts, state).await?;
        if overseer.sees().is_some() { Err(ErrorCode::Forbidden.into()) } else { Ok(Self(overseer)) }
    }
}
