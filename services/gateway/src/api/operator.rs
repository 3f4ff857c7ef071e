//! Who may look at the door, and who may change it.

use axum::extract::FromRequestParts;
use banyan_http::{Allowed, Permit, Problem, Tenant, permit};
use banyan_kernel::{Actor, Caller, ErrorCode, OPERATORS};
use http::request::Parts;

use crate::schema::SERVICE;

/// Somebody of the operators' tenant who may see services, or the command line. Others are answered 401 or 403.
pub(crate) struct Watcher(pub(crate) Caller);

/// Somebody of the operators' tenant who may change the door, or the command line. Others are answered 401 or 403.
pub(crate) struct Operator(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        admitted::<S, permit::ServicesRead>(parts, state).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        admitted::<S, permit::GatewayManage>(parts, state).await.map(Self)
    }
}

async fn admitted<S: Sync, P: Permit>(parts: &mut Parts, state: &S) -> Result<Caller, Problem> {
    let caller = match parts.extensions.get::<Caller>() {
        // The command line speaks in the service's own name. No request from outside can: the door makes no such caller.
        Some(caller) if caller.actor == Actor::System(SERVICE) => caller.clone(),
        _ => Allowed::<P>::from_request_parts(parts, state).await?.caller,
    };
    let tenant = <Tenant as FromRequestParts<S>>::from_request_parts(parts, state).await?;
    if *tenant.name == *OPERATORS { Ok(caller) } else { Err(ErrorCode::Forbidden.into()) }
}
