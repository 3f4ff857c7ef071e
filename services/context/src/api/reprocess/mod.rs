//! Having everything looked at again.

mod begin;
mod get;

use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::moment;
use crate::App;
use crate::engine::{Basic, ModelInfo};
use crate::entity::run::Model;
use crate::model::RunState;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin::reprocess_context)).routes(routes!(get::get_context_reprocessing))
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000041", "sessionId": null, "state": "running", "done": 3, "total": 12,
    "createdAt": "2025-01-02T08:00:00Z", "endedAt": null,
    "model": {"model": "banyan-context-basic", "version": "1", "source": "built-in"}
}))]
pub(crate) struct ContextReprocessing {
    pub(crate) id: Uuid,
    /// `null` for all sessions.
    session_id: Option<Uuid>,
    #[schema(inline)]
    state: RunState,
    /// Sessions that were looked at.
    done: i64,
    /// Of how many; 0 before it begins.
    total: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(inline)]
    model: ModelInfo,
}

impl From<Model> for ContextReprocessing {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            session_id: row.session_id,
            state: row.state,
            done: row.done,
            total: row.total,
            created_at: moment(row.created_at),
            ended_at: row.ended_at.map(moment),
            model: Basic::info(),
        }
    }
}
