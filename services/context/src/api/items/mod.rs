//! What participants know together.

mod create;
mod delete;
mod get;
mod list;
mod restore;
mod update;
mod version;
mod versions;

use banyan_http::{Check, ETag, FieldError, Preconditions, Tagged};
use banyan_kernel::{ErrorCode, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::item::Model;
use crate::entity::item_version;
use crate::error::ContextError;
use crate::model::Change;
use crate::words;

/// In bytes of JSON.
const LARGEST_VALUE: i64 = 64 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_context_items, create::create_context_item))
        .routes(routes!(get::get_context_item, update::update_context_item, delete::delete_context_item))
        .routes(routes!(restore::restore_context_item))
        .routes(routes!(versions::list_context_item_versions))
        .routes(routes!(version::get_context_item_version))
}

/// Something that the participants know together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000022", "sessionId": "01941f29-7c00-7000-8000-000000000021", "kind": "note",
    "title": "Budget", "value": {"text": "Rp 12 juta for the move on 12 March 2025"}, "version": 2,
    "createdBy": "01941f29-7c00-7000-8000-0000000000aa", "updatedBy": "01941f29-7c00-7000-8000-0000000000aa", "deletedAt": null,
    "createdAt": "2025-01-02T08:00:00Z", "updatedAt": "2025-01-02T09:00:00Z"
}))]
pub(crate) struct ContextItem {
    pub(crate) id: Uuid,
    session_id: Uuid,
    /// `note`, `task`, `event`, …: what the participants agree on.
    kind: String,
    title: Option<String>,
    /// Any JSON but `null`.
    #[schema(value_type = Value)]
    value: Value,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
    /// `null` where that person was erased.
    created_by: Option<Uuid>,
    updated_by: Option<Uuid>,
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for ContextItem {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            session_id: row.session_id,
            kind: row.kind,
            title: row.title,
            value: row.value,
            version: row.version,
            created_by: row.created_by,
            updated_by: row.updated_by,
            deleted_at: row.deleted_at.map(moment),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

impl ContextItem {
    fn tag(&self) -> ETag {
        tag(self.id, self.version)
    }

    fn tagged(self) -> Tagged<Self> {
        Tagged::new(self.tag(), self)
    }
}

/// An item as it was after one change. Lists leave the value out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextItemVersion {
    version: i64,
    #[schema(inline)]
    change: Change,
    kind: String,
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    value: Option<Value>,
    /// `null` where that person was erased.
    author_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl ContextItemVersion {
    fn whole(row: item_version::Model) -> Self {
        Self {
            version: row.version,
            change: row.change,
            kind: row.kind,
            title: row.title,
            value: Some(row.value),
            author_id: row.author_id,
            created_at: moment(row.created_at),
        }
    }

    fn listed(row: item_version::Model) -> Self {
        Self { value: None, ..Self::whole(row) }
    }
}

fn check_kind(check: &mut Check, kind: &str) {
    check.line("kind", kind).length(1, 40).holds(words::is_slug, FieldError::pattern()).any();
}

fn check_value(check: &mut Check, value: &Value) {
    check.that(!value.is_null(), "value", FieldError::required());
    check.that(words::size(value) <= LARGEST_VALUE, "value", FieldError::new("too-large", "context-field-value"));
}

/// Nobody changes an item without saying which version they know: by `If-Match`, or by number.
///
/// # Errors
/// 428 where neither is given; 409 with the present version where it is another one.
fn require_known(row: &Model, preconditions: &Preconditions, version: Option<i64>) -> Result<(), ContextError> {
    let stale = || ContextError::Stale { present: row.version };
    if let Some(version) = version {
        if version != row.version {
            return Err(stale());
        }
        return preconditions.allow(&tag(row.id, row.version)).map_err(|_| stale());
    }
    preconditions.require(&tag(row.id, row.version)).map_err(|problem| match problem.code() {
        ErrorCode::PreconditionFailed => stale(),
        _ => problem.into(),
    })
}
