//! `PATCH /api/v1/context/sessions/{id}/items/{itemId}`

use axum::extract::State;
use banyan_http::{Body, Check, Document, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ContextItem, check_kind, check_value, require_known};
use crate::App;
use crate::error::ContextError;
use crate::store::items::{self, Content};
use crate::store::sessions;

/// What is to be different. What is left out stays; a `title` of `null` is none.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"version": 1, "value": {"text": "Rp 15 juta for the move on 12 March 2025"}}))]
pub(crate) struct ContextItemChanges {
    /// The version that the client knows; instead of `If-Match`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = i64, required = false, minimum = 1)]
    version: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9-]*$")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    title: Option<Option<String>>,
    /// Any JSON but `null`, at most 64 KiB; the whole of it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Document, required = false)]
    value: Option<Document>,
}

impl Validate for ContextItemChanges {
    fn validate(&self, check: &mut Check) {
        check.range("version", self.version, 1, i64::MAX);
        if let Some(kind) = &self.kind {
            check_kind(check, kind);
        }
        check.line("title", self.title.as_ref().unwrap_or(&None)).not_blank().length(1, 200).any();
        if let Some(value) = &self.value {
            check_value(check, &value.0);
        }
    }
}

/// Changes an item, for those who may write and say which version they know: by `If-Match`, or by `version`. Whoever knows another one is
/// told the present one (409, `presentVersion`).
#[utoipa::path(
    patch,
    path = "/api/v1/context/sessions/{id}/items/{itemId}",
    operation_id = "updateContextItem",
    tag = "context",
    params(
        ("id" = Uuid, Path, description = "The session."),
        ("itemId" = Uuid, Path, description = "The item."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    request_body = ContextItemChanges,
    responses(
        (status = 200, description = "The item as it is now.", body = ContextItem),
        (status = 409, description = "The item has another version, which `presentVersion` says; or the session is put away or over."),
        (status = 428, description = "Neither `If-Match` nor `version` was given.")
    )
)]
pub(crate) async fn update_context_item(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path((session, id)): Path<(Uuid, Uuid)>,
    Body(changes): Body<ContextItemChanges>,
) -> Result<Tagged<ContextItem>, Problem> {
    let (rows, preconditions, changes) = (app.store.bind(&caller), &preconditions, &changes);
    let changed = rows.write(move |tx| async move {
        sessions::writable(&tx, session).await?;
        let before = items::locked(&tx, session, id).await?;
        if before.deleted_at.is_some() {
            return Err(ContextError::Hidden);
        }
        require_known(&before, preconditions, changes.version)?;
        let content = Content {
            kind: changes.kind.clone().unwrap_or_else(|| before.kind.clone()),
            title: changes.title.clone().unwrap_or_else(|| before.title.clone()),
            value: changes.value.as_ref().map_or_else(|| before.value.clone(), |value| value.0.clone()),
        };
        items::update(&tx, &before, &content).await
    });
    Ok(ContextItem::from(changed.await?).tagged())
}
