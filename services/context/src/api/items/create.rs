//! `POST /api/v1/context/sessions/{id}/items`

use axum::extract::State;
use banyan_http::{Check, Created, Document, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ContextItem, check_kind, check_value};
use crate::App;
use crate::error::ContextError;
use crate::store::items::{self, Content};
use crate::store::sessions;

/// Something to know together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"kind": "note", "title": "Budget", "value": {"text": "Rp 12 juta for the move on 12 March 2025"}}))]
pub(crate) struct NewContextItem {
    /// Lower-case letters, digits and hyphens, beginning with a letter.
    #[schema(value_type = String, min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9-]*$")]
    kind: String,
    #[schema(max_length = 200)]
    title: Option<String>,
    /// Any JSON but `null`, at most 64 KiB.
    value: Document,
}

impl Validate for NewContextItem {
    fn validate(&self, check: &mut Check) {
        check_kind(check, &self.kind);
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check_value(check, &self.value.0);
    }
}

/// Adds an item to a session, for those who may write. A session has 2,000 items at most.
#[utoipa::path(
    post,
    path = "/api/v1/context/sessions/{id}/items",
    operation_id = "createContextItem",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session.")),
    request_body = NewContextItem,
    responses(
        (status = 201, description = "The new item.", body = ContextItem),
        (status = 409, description = "The session is full, put away or over.")
    )
)]
pub(crate) async fn create_context_item(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewContextItem>,
) -> Result<Created<ContextItem>, Problem> {
    let content = &Content { kind: body.kind, title: body.title, value: body.value.0 };
    let rows = app.store.bind(&caller);
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        sessions::writable(&tx, id).await?;
        Ok::<_, ContextError>(ContextItem::from(items::create(&tx, id, content).await?))
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/context/sessions/{id}/items/{}", made.id), made))
}
