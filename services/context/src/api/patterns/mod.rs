//! What comes back over time.

mod in_session;
mod own;

use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::moment;
use crate::App;
use crate::engine::{Basic, ModelInfo};
use crate::model::PatternKind;
use crate::store::patterns::Recurring;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(own::list_own_context_patterns)).routes(routes!(in_session::list_context_patterns))
}

/// Which patterns to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    kind: Option<PatternKind>,
}

impl banyan_http::Validate for Which {}

impl Which {
    fn shows(&self, row: &Recurring) -> bool {
        self.kind.is_none_or(|kind| kind == row.kind)
    }
}

/// Something that comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "kind": "phrase", "key": "annual budget", "weight": 2.6, "seen": 3, "lastAt": "2025-01-02T08:00:00Z",
    "model": {"model": "banyan-context-basic", "version": "1", "source": "built-in"}
}))]
pub(crate) struct ContextPattern {
    #[schema(inline)]
    kind: PatternKind,
    /// The phrase; `date:2025-03-12` and the like; the kind of items; the hour in UTC.
    key: String,
    /// How often, what is 14 days old counting half.
    weight: f64,
    /// How often in all.
    seen: i64,
    #[schema(value_type = String, format = DateTime)]
    last_at: Timestamp,
    #[schema(inline)]
    model: ModelInfo,
}

impl From<Recurring> for ContextPattern {
    fn from(row: Recurring) -> Self {
        let model = Basic::info();
        Self { kind: row.kind, key: row.key, weight: row.weight, seen: row.seen, last_at: moment(row.last_at), model }
    }
}
