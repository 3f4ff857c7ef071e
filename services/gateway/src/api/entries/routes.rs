//! `/api/v1/gateway/routes`

use axum::extract::State;
use axum::response::Response;
use banyan_http::{Body, Language, Paged, Paging, Path, Preconditions, Problem, Reason, Tagged};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change::{What, Wish};
use super::{GatewayEntry, GatewayEntryVersion, NewEntry, Restore, definition_of};
use crate::App;
use crate::api::operator::{Operator, Watcher};
use crate::door::Kind;

const KIND: Kind = Kind::Route;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(super::check::check_gateway_routes))
        .routes(routes!(list_gateway_routes))
        .routes(routes!(get_gateway_route, put_gateway_route, remove_gateway_route))
        .routes(routes!(list_gateway_route_versions))
        .routes(routes!(restore_gateway_route))
}

/// Lists the routes that operators stored, and whether the door of this process follows them. `orderBy` is one of `createdAt` (the
/// default), `updatedAt`, `name`.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/routes",
    operation_id = "listGatewayRoutes",
    tag = "gateway",
    params(Paging),
    responses((status = 200, description = "A page of routes.", body = Paged<GatewayEntry>))
)]
pub(crate) async fn list_gateway_routes(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Language(language): Language,
    paging: Paging,
) -> Result<Paged<GatewayEntry>, Problem> {
    app.list_entries(&caller, language, KIND, &paging).await
}

/// Gives one route that was stored.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/routes/{name}",
    operation_id = "getGatewayRoute",
    tag = "gateway",
    params(("name" = String, Path, description = "The route.")),
    responses((status = 200, description = "The route.", body = GatewayEntry))
)]
pub(crate) async fn get_gateway_route(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Language(language): Language,
    Path(name): Path<String>,
) -> Result<Tagged<GatewayEntry>, Problem> {
    app.get_entry(&caller, language, KIND, &name).await
}

/// Stores a route and applies it: at once by the door that is asked, within a second by others. A known name needs `If-Match` with its
/// `ETag`. What the door would not take is refused, field by field, and so is what would take another route out; nothing is changed then.
#[utoipa::path(
    put,
    path = "/api/v1/gateway/routes/{name}",
    operation_id = "putGatewayRoute",
    tag = "gateway",
    params(
        ("name" = String, Path, description = "1 to 64 small letters, digits, `-`, `_` or `.`."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = NewEntry,
    responses(
        (status = 200, description = "The route as it is now.", body = GatewayEntry),
        (status = 201, description = "The new route.", body = GatewayEntry)
    )
)]
pub(crate) async fn put_gateway_route(
    State(app): State<App>,
    Operator(caller): Operator,
    Path(name): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
    Body(new): Body<NewEntry>,
) -> Result<Response, Problem> {
    let definition = definition_of(&new.definition);
    let what = What::Put(&definition);
    let wish = Wish { kind: KIND, name: &name, what, why: reason.as_deref(), preconditions: &preconditions };
    app.change_entry(&caller, &wish).await
}

/// Removes a route; its versions stay. Needs `If-Match` with its `ETag`.
#[utoipa::path(
    delete,
    path = "/api/v1/gateway/routes/{name}",
    operation_id = "removeGatewayRoute",
    tag = "gateway",
    params(
        ("name" = String, Path, description = "The route."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 204, description = "It is removed."))
)]
pub(crate) async fn remove_gateway_route(
    State(app): State<App>,
    Operator(caller): Operator,
    Path(name): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Response, Problem> {
    let what = What::Remove;
    let wish = Wish { kind: KIND, name: &name, what, why: reason.as_deref(), preconditions: &preconditions };
    app.change_entry(&caller, &wish).await
}

/// Lists the changes of a route: who, what, when, why; also of one that was removed. The last 50 are kept. Ordered by `version`.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/routes/{name}/versions",
    operation_id = "listGatewayRouteVersions",
    tag = "gateway",
    params(("name" = String, Path, description = "The route."), Paging),
    responses((status = 200, description = "A page of versions.", body = Paged<GatewayEntryVersion>))
)]
pub(crate) async fn list_gateway_route_versions(
    State(app): State<App>,
    Watcher(caller): Watcher,
    Path(name): Path<String>,
    paging: Paging,
) -> Result<Paged<GatewayEntryVersion>, Problem> {
    app.list_versions(&caller, KIND, &name, &paging).await
}

/// Stores a route anew as it was in an earlier version, also one that was removed. One that is there needs `If-Match` with its `ETag`.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/routes/{name}/restore",
    operation_id = "restoreGatewayRoute",
    tag = "gateway",
    params(
        ("name" = String, Path, description = "The route."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = Restore,
    responses((status = 200, description = "The route as it is now.", body = GatewayEntry))
)]
pub(crate) async fn restore_gateway_route(
    State(app): State<App>,
    Operator(caller): Operator,
    Path(name): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
    Body(restore): Body<Restore>,
) -> Result<Response, Problem> {
    let what = What::Restore(restore.version);
    let wish = Wish { kind: KIND, name: &name, what, why: reason.as_deref(), preconditions: &preconditions };
    app.change_entry(&caller, &wish).await
}
