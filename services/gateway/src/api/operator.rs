//! Who may look at the door, and who may change it.

use axum::extract::FromRequestParts;
use banyan_http::{Allowed, Problem, Tenant, permit};
use banyan_kernel::{Caller, ErrorCode};
use http::request::Parts;

use crate::schema::OPERATORS;

/// Somebody of the operators' tenant who may see services. Others are answered 401 or 403.
pub(crate) struct Watcher(pub(crate) Caller);

/// Somebody of the operators' tenant who may change the door. Others are answered 401 or 403.
pub(crate) struct Operator(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Allowed { caller, .. } = Allowed::<permit::ServicesRead>::from_request_parts(parts, state).await?;
        of_operators(parts, state).await?;
        Ok(Self(caller))
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Allowed { caller, .. } = Allowed::<permit::GatewayManage>::from_request_parts(parts, state).await?;
        of_operators(parts, state).await?;
        Ok(Self(caller))
    }
}

async fn of_operators<S: Sync>(parts: &mut Parts, state: &S) -> Result<(), Problem> {
    let tenant = <Tenant as FromRequestParts<S>>::from_request_parts(parts, state).await?;
    if *tenant.name == *OPERATORS { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
}
