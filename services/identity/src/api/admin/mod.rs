//! For those who run the tenant.

mod api_keys;
mod change_roles;
mod create_service_account;
mod create_user;
mod disable_user;
mod enable_user;
mod end_user_sessions;
mod erase_user;
mod get_user;
mod invitations;
mod limits;
mod list_audit;
mod list_usage;
mod list_users;
mod organisations;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_users::list_users, create_user::create_user))
        .routes(routes!(get_user::get_user))
        .routes(routes!(disable_user::disable_user))
        .routes(routes!(enable_user::enable_user))
        .routes(routes!(erase_user::erase_user))
        .routes(routes!(change_roles::change_roles))
        .routes(routes!(end_user_sessions::end_user_sessions))
        .routes(routes!(create_service_account::create_service_account))
        .routes(routes!(list_audit::list_audit))
        .merge(invitations::routes())
        .merge(organisations::routes())
        .merge(api_keys::routes())
        .merge(limits::routes())
        .merge(list_usage::routes())
}
