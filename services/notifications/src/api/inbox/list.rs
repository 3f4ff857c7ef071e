//! `GET /api/v1/notifications`

use axum::extract::State;
use banyan_http::{Check, Language, Localized, Paged, Paging, Problem, Query, SignedIn, Tenant, Validate};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Notification, Shown, owner};
use crate::App;
use crate::store::inbox;
use crate::topic::Topic;

/// Which notifications to show.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// All but those that were put away, if it is left out.
    #[param(inline)]
    status: Option<Status>,
    #[param(inline)]
    topic: Option<Topic>,
}

impl Validate for Which {
    fn validate(&self, _: &mut Check) {}
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = NotificationStatus)]
pub(crate) enum Status {
    Unread,
    Archived,
}

/// Lists one's own notifications, the latest first. `orderBy` is `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/notifications",
    operation_id = "listNotifications",
    tag = "notifications",
    params(Which, Paging),
    responses((status = 200, description = "A page of notifications.", body = Paged<Notification>))
)]
pub(crate) async fn list_notifications(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Localized<Paged<Notification>>, Problem> {
    let user = owner(&caller)?;
    let shown = match which.status {
        None => inbox::Shown::Current,
        Some(Status::Unread) => inbox::Shown::Unread,
        Some(Status::Archived) => inbox::Shown::Archived,
    };
    let paging = &paging;
    let rows = app.store.bind(&caller);
    let page = rows.read(move |tx| async move { inbox::list(&tx, user, shown, which.topic, paging).await }).await?;
    let words = Shown::of(&app, &tenant, locale);
    Ok(Localized(locale, page.map(|row| words.notification(row))))
}
