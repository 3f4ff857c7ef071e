//! `GET /api/v1/admin/content/{id}`

use axum::extract::State;
use banyan_http::{Allowed, Json, Path, Problem, Reason, permit};
use banyan_kernel::{Permission, Timestamp, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::api::moment;
use crate::entity::journal::{Kind, Model};
use crate::error::ContentError;
use crate::store::journals;

/// Somebody's entry, seen by an administrator.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000005", "userId": "01941f29-7c00-7000-8000-0000000000aa", "kind": "text",
    "content": "Ran five kilometres without stopping.", "mood": 8, "adminAccess": true,
    "createdAt": "2025-01-02T19:00:00Z", "updatedAt": "2025-01-02T19:00:00Z"
}))]
pub(crate) struct AdminContent {
    id: Uuid,
    user_id: Uuid,
    kind: Kind,
    content: String,
    #[schema(minimum = 1, maximum = 10)]
    mood: Option<i64>,
    /// Always `true`: this look was taken by the administrator's right, and is on record.
    admin_access: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for AdminContent {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            kind: row.kind,
            content: row.content,
            mood: row.mood,
            admin_access: true,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// Reads anybody's entry. The audit log keeps who looked, at whose entry, at which, and why.
///
/// A look at an entry that is not there is recorded, too.
#[utoipa::path(
    get,
    path = "/api/v1/admin/content/{id}",
    operation_id = "getContentAsAdmin",
    tag = "administration",
    params(
        ("id" = Uuid, Path, description = "The entry."),
        ("X-Reason" = Option<String>, Header, description = "Why. Left out, the record says so and the compliance report counts it.")
    ),
    responses((status = 200, description = "The entry.", body = AdminContent))
)]
pub(crate) async fn get_content_as_admin(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RecordsOverride>,
    reason: Reason,
    Path(id): Path<Uuid>,
) -> Result<Json<AdminContent>, Problem> {
    let elevated = caller.elevate(Permission::RecordsOverride, reason.as_deref())?;
    let rows = app.store.bind(&elevated);
    // `None` is no error inside, or the record of the look would be undone with the transaction.
    let found = rows.read(move |tx| async move {
        let row = journals::any(&tx, id).await?;
        if let Some(row) = &row {
            tx.elevated_access("journal", row.id, row.user_id);
        }
        Ok::<_, ContentError>(row)
    });
    let row = found.await?.ok_or_else(Problem::hidden)?;
    Ok(Json(row.into()))
}
