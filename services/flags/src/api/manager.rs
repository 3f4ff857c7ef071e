//! Who may manage flags.

use axum::extract::FromRequestParts;
use banyan_http::{Allowed, Problem, Tenant, permit};
use banyan_kernel::{Actor, Caller};
use http::request::Parts;

use crate::app::App;
use crate::schema::SERVICE;

/// Somebody who holds `flags.manage`, or the command line. Others are answered 401 or 403. The tenant has what it has from the start.
pub(crate) struct Manager(pub(crate) Caller);

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = match parts.extensions.get::<Caller>() {
            // The command line speaks in the service's own name. No request from outside can: the door makes no such caller.
            Some(caller) if caller.actor == Actor::System(SERVICE) => caller.clone(),
            _ => Allowed::<permit::FlagsManage>::from_request_parts(parts, app).await?.caller,
        };
        let tenant = <Tenant as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        app.provide(caller.tenant, &tenant.application).await?;
        Ok(Self(caller))
    }
}
