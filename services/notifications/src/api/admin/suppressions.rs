//! `/api/v1/admin/notifications/suppressions`

use axum::extract::State;
use banyan_http::{Allowed, Check, Created, FieldError, NoContent, Once, Paged, Paging, Path, Problem, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::entity::suppression::{Column, Entity, Model};
use crate::error::NotificationsError;
use crate::store::{execute, suppressions};
use crate::topic::Channel;

/// An address that takes nothing, or wants nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Suppression {
    id: Uuid,
    #[schema(inline)]
    channel: Channel,
    /// The address itself is not kept.
    hint: String,
    reason: String,
    /// `delivery`, `bounce`, `complaint`, `stop` or `operator`.
    source: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Suppression {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            hint: row.hint,
            reason: row.reason,
            source: row.source,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// An address that nothing is to be sent to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"channel": "email", "address": "ann@example.com", "reason": "Asked by telephone to get no mails."}))]
pub(crate) struct NewSuppression {
    #[schema(inline)]
    channel: Channel,
    #[schema(min_length = 3, max_length = 254)]
    address: String,
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

impl Validate for NewSuppression {
    fn validate(&self, check: &mut Check) {
        check.that(self.channel != Channel::Push, "channel", FieldError::not_one_of(&["email", "sms"]));
        check.line("reason", &self.reason).not_blank().length(1, 300).any();
        match self.channel {
            Channel::Email => check.line("address", &self.address).length(3, 254).email().any(),
            Channel::Sms | Channel::Push => check.line("address", &self.address).length(3, 254).any(),
        }
    }
}

/// Lists the addresses that nothing is sent to, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/notifications/suppressions",
    operation_id = "listSuppressions",
    tag = "administration",
    params(Paging),
    responses((status = 200, description = "A page of addresses.", body = Paged<Suppression>))
)]
pub(crate) async fn list_suppressions(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    paging: Paging,
) -> Result<Paged<Suppression>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let order = [("createdAt", Column::CreatedAt)];
    let found = rows.read(move |tx| async move { paging.fetch(&tx, Entity::find(), &order).await }).await?;
    Ok(found.map(Suppression::from))
}

/// From here on nothing is sent to this address.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/suppressions",
    operation_id = "addSuppression",
    tag = "administration",
    request_body = NewSuppression,
    responses((status = 201, description = "It is on the list.", body = Suppression))
)]
pub(crate) async fn add_suppression(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Once { key, body }: Once<NewSuppression>,
) -> Result<Created<Suppression>, Problem> {
    let (rows, body) = (app.store.bind(&caller), &body);
    let added = rows.write_once(key.as_ref(), move |tx: Tx| async move {
        suppressions::add(&tx, body.channel, &body.address, &body.reason, "operator").await?;
        let row = suppressions::find(&tx, body.channel, &body.address).await?.ok_or(NotificationsError::Hidden)?;
        tx.audit(Record::new("address.suppressed").object("suppression", row.id));
        Ok::<_, NotificationsError>(Suppression::from(row))
    });
    let added = added.await?;
    Ok(Created::at(format!("/api/v1/admin/notifications/suppressions/{}", added.id), added))
}

/// From here on this address is written to again.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/notifications/suppressions/{id}",
    operation_id = "removeSuppression",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The entry of the list.")),
    responses((status = 204, description = "It is off the list."))
)]
pub(crate) async fn remove_suppression(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    const SQL: &str = "DELETE FROM suppressions WHERE id = $1";
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx: Tx| async move {
        let found = Entity::find().filter(Column::Id.eq(id)).one(&tx).await?;
        found.ok_or(NotificationsError::Hidden)?;
        tx.audit(Record::new("address.unsuppressed").object("suppression", id));
        Ok::<_, NotificationsError>(execute(&tx, SQL, [id.into()]).await?)
    });
    removed.await?;
    Ok(NoContent)
}
