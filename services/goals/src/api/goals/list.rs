//! `GET /api/v1/goals`

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Goal;
use crate::App;
use crate::api::checks;
use crate::entity::goal::Status;
use crate::store::goals::{self, Filter};

/// Which goals to show. Those that were deleted are never shown.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Somebody who granted the caller a look at her goals; the caller if it is left out.
    user_id: Option<Uuid>,
    /// What lies in the archive is shown only if it is asked for by `archived`.
    #[param(inline)]
    status: Option<Status>,
    category: Option<String>,
    /// The earliest target date, `YYYY-MM-DD`. Goals without a target date are then left out.
    #[param(format = Date)]
    from: Option<String>,
    /// The latest target date, `YYYY-MM-DD`.
    #[param(format = Date)]
    to: Option<String>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("category", &self.category).length(0, 50).any();
        checks::stretch(check, self.from.as_deref(), self.to.as_deref());
    }
}

/// Lists goals. `orderBy` is one of `createdAt` (the default), `updatedAt`, `title`, `targetDate`, `status`.
#[utoipa::path(
    get,
    path = "/api/v1/goals",
    operation_id = "listGoals",
    tag = "goals",
    params(Which, Paging),
    responses((status = 200, description = "A page of goals.", body = Paged<Goal>))
)]
pub(crate) async fn list_goals(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Goal>, Problem> {
    let owner = which.user_id.map_or_else(|| caller.require_user(), Ok)?;
    let filter = Filter { status: which.status, category: which.category, from: which.from, to: which.to };
    let text = format!("{filter:?} {paging:?}");
    let load = move |rows: Rows| async move {
        let (filter, paging) = (&filter, &paging);
        let page = rows.read(move |tx| async move { goals::list(&tx, owner, filter, paging).await });
        page.await.map(|page| page.map(Goal::from))
    };
    app.lists.goals.get(&caller, owner, text, load).await
}
