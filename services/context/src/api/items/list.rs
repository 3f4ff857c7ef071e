//! `GET /api/v1/context/sessions/{id}/items`

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Path, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ContextItem, check_kind};
use crate::App;
use crate::store::items::{self, Filter};
use crate::store::sessions;

/// Which items to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    kind: Option<String>,
    /// Words that all stand in kind, title or value; capitals make no difference.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Those that were deleted, instead of those that are there.
    deleted: Option<bool>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        if let Some(kind) = &self.kind {
            check_kind(check, kind);
        }
        check.line("q", &self.q).length(0, 200).any();
    }
}

/// Lists items of a session. `orderBy` is one of `updatedAt` (the default), `createdAt`, `kind`, `title`.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/items",
    operation_id = "listContextItems",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), Which, Paging),
    responses((status = 200, description = "A page of items.", body = Paged<ContextItem>))
)]
pub(crate) async fn list_context_items(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<ContextItem>, Problem> {
    let filter = Filter { kind: which.kind, query: which.q, deleted: which.deleted == Some(true) };
    let (rows, filter, paging) = (app.store.bind(&caller), &filter, &paging);
    let page = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        items::page(&tx, id, filter, paging).await
    });
    Ok(page.await?.map(ContextItem::from))
}
