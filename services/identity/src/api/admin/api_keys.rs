//! All API keys of the tenant.

mod change;
mod create;
mod list;
mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list_all_api_keys, create::create_program_key))
        .routes(routes!(change::change_key_plan, revoke::revoke_any_api_key))
}
