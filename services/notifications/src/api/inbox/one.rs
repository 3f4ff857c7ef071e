//! `/api/v1/notifications/{id}`: looked at, read, put away and brought back.

use axum::extract::State;
use banyan_http::Json;
use banyan_http::{Language, Localized, NoContent, Path, Problem, SignedIn, Tenant};
use banyan_kernel::{Caller, Uuid};

use super::{Notification, Shown};
use crate::App;
use crate::entity::notification::Model;
use crate::store::inbox::{self, Act};

type Answer = Result<Localized<Json<Notification>>, Problem>;

/// Reads one of one's own notifications; it does not count as read by that.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/{id}",
    operation_id = "getNotification",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 200, description = "The notification.", body = Notification))
)]
pub(crate) async fn get_notification(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Path(id): Path<Uuid>,
) -> Answer {
    let row = app.store.bind(&caller).read(move |tx| async move { inbox::own(&tx, id).await }).await?;
    Ok(Localized(locale, Json(Shown::of(&app, &tenant, locale).notification(row))))
}

/// Marks one of one's own notifications as read.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/{id}/read",
    operation_id = "readNotification",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 200, description = "It is read.", body = Notification))
)]
pub(crate) async fn read_notification(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Path(id): Path<Uuid>,
) -> Answer {
    let row = done(&app, &caller, id, Act::Read).await?;
    Ok(Localized(locale, Json(Shown::of(&app, &tenant, locale).notification(row))))
}

/// Marks one of one's own notifications as not read.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/{id}/unread",
    operation_id = "unreadNotification",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 200, description = "It is not read.", body = Notification))
)]
pub(crate) async fn unread_notification(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Path(id): Path<Uuid>,
) -> Answer {
    let row = done(&app, &caller, id, Act::Unread).await?;
    Ok(Localized(locale, Json(Shown::of(&app, &tenant, locale).notification(row))))
}

/// Brings back one of one's own notifications that was put away.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/{id}/restore",
    operation_id = "restoreNotification",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 200, description = "It is back.", body = Notification))
)]
pub(crate) async fn restore_notification(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Path(id): Path<Uuid>,
) -> Answer {
    let row = done(&app, &caller, id, Act::Restore).await?;
    Ok(Localized(locale, Json(Shown::of(&app, &tenant, locale).notification(row))))
}

/// Puts away one of one's own notifications. For 30 days it can be brought back; then it is gone for good.
#[utoipa::path(
    delete,
    path = "/api/v1/notifications/{id}",
    operation_id = "archiveNotification",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 204, description = "It is put away."))
)]
pub(crate) async fn archive_notification(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    done(&app, &caller, id, Act::Archive).await?;
    Ok(NoContent)
}

async fn done(app: &App, caller: &Caller, id: Uuid, act: Act) -> Result<Model, Problem> {
    let rows = app.store.bind(caller);
    Ok(rows.write(move |tx| async move { inbox::act(&tx, id, act).await }).await?)
}
