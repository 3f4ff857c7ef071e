//! `/api/v1/admin/events/publishers`

use axum::Json;
use axum::extract::State;
use banyan_http::{Allowed, Body, Check, Created, FieldError, NoContent, Path, Problem, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::DoorError;
use crate::{App, incoming, publishers};

/// Which types an account's programs may publish.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Publisher {
    id: Uuid,
    account_id: Uuid,
    /// The type itself, or what its types have before a point.
    prefix: String,
    created_by: Uuid,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<publishers::Publisher> for Publisher {
    fn from(row: publishers::Publisher) -> Self {
        let created_at = row.created();
        Self { id: row.id, account_id: row.account_id, prefix: row.prefix, created_by: row.created_by, created_at }
    }
}

/// All of the tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Publishers {
    data: Vec<Publisher>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"accountId": "01941f29-7c00-7000-8000-0000000000aa", "prefix": "com.acme.shop"}))]
pub(crate) struct NewPublisher {
    /// A service account, or a person, whose API keys have the scope `events.publish`.
    account_id: Uuid,
    /// Words with points between them, at least two, in small letters; not one of Banyan's own.
    #[schema(min_length = 3, max_length = 200)]
    prefix: String,
}

impl Validate for NewPublisher {
    fn validate(&self, check: &mut Check) {
        check.that(incoming::is_type(&self.prefix), "prefix", FieldError::new("invalid-type", "events-field-type"));
        check.that(publishers::is_free(&self.prefix), "prefix", FieldError::new("reserved", "events-field-prefix-reserved"));
    }
}

/// Lists which accounts may publish which types.
#[utoipa::path(
    get,
    path = "/api/v1/admin/events/publishers",
    operation_id = "listEventPublishers",
    tag = "events",
    responses((status = 200, description = "All of the tenant, up to 500.", body = Publishers))
)]
pub(crate) async fn list_event_publishers(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
) -> Result<Json<Publishers>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(|tx| async move { publishers::list(&tx).await }).await?;
    Ok(Json(Publishers { data: found.into_iter().map(Publisher::from).collect() }))
}

/// Lets an account publish types that begin so. Done again, it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events/publishers",
    operation_id = "declareEventPublisher",
    tag = "events",
    request_body = NewPublisher,
    responses((status = 201, description = "The declaration.", body = Publisher))
)]
pub(crate) async fn declare_event_publisher(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Body(new): Body<NewPublisher>,
) -> Result<Created<Publisher>, Problem> {
    let by = caller.require_user()?;
    let new = &new;
    let rows = app.store.bind(&caller);
    let made = rows.write(move |tx| async move { publishers::declare(&tx, new.account_id, &new.prefix, by).await }).await?;
    Ok(Created::at(format!("/api/v1/admin/events/publishers/{}", made.id), made.into()))
}

/// Takes a declaration back: from now on such types are refused.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/events/publishers/{id}",
    operation_id = "removeEventPublisher",
    tag = "events",
    params(("id" = Uuid, Path, description = "The declaration.")),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn remove_event_publisher(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let rows = app.store.bind(&caller);
    rows.write(move |tx| async move { publishers::remove(&tx, id).await })
        .await
        .map_err(|error: DoorError| Problem::from(error))?;
    Ok(NoContent)
}
