//! Who is limited now. The front door of this process knows; identity shows it, and records who lifts a limit.

mod lift;
mod list;

use std::sync::Arc;

use banyan_contracts::limits::{LimitBook, Sight};
use banyan_http::{Problem, Tenant};
use banyan_kernel::{Caller, OPERATORS};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Identity;
use crate::api::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(list::list_limits)).routes(routes!(lift::lift_limit))
}

/// Those who run a tenant see its people and keys; those who run the installation see all, and addresses.
fn sight(caller: &Caller, tenant: &Tenant) -> Sight {
    if &*tenant.name == OPERATORS { Sight::Operators } else { Sight::Tenant(caller.tenant) }
}

fn book(identity: &Identity) -> Result<Arc<dyn LimitBook>, Problem> {
    identity.limit_book().ok_or_else(|| Problem::new(banyan_kernel::ErrorCode::ServiceUnavailable))
}
