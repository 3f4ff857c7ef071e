//! `GET /api/v1/tasks`

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Task;
use crate::App;
use crate::api::checks;
use crate::entity::task::{Priority, Status};
use crate::store::owned::Archive;
use crate::store::tasks::{self, Filter};

/// Which tasks to show. Those that were deleted are never shown.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Somebody who granted the caller a look at her goals; the caller if it is left out.
    user_id: Option<Uuid>,
    goal_id: Option<Uuid>,
    #[param(inline)]
    status: Option<Status>,
    #[param(inline)]
    priority: Option<Priority>,
    /// The earliest due date, `YYYY-MM-DD`. Tasks without a due date are then left out.
    #[param(format = Date)]
    from: Option<String>,
    /// The latest due date, `YYYY-MM-DD`.
    #[param(format = Date)]
    to: Option<String>,
    /// `true` shows what was put away, and only that.
    archived: Option<bool>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        checks::stretch(check, self.from.as_deref(), self.to.as_deref());
    }
}

/// Lists tasks. `orderBy` is one of `createdAt` (the default), `updatedAt`, `title`, `dueDate`, `priority`, `position`.
#[utoipa::path(
    get,
    path = "/api/v1/tasks",
    operation_id = "listTasks",
    tag = "tasks",
    params(Which, Paging),
    responses((status = 200, description = "A page of tasks.", body = Paged<Task>))
)]
pub(crate) async fn list_tasks(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Task>, Problem> {
    let owner = which.user_id.map_or_else(|| caller.require_user(), Ok)?;
    let filter = Filter {
        status: which.status,
        priority: which.priority,
        goal: which.goal_id,
        from: which.from,
        to: which.to,
        archive: Archive::of(which.archived),
    };
    let text = format!("{filter:?} {paging:?}");
    let load = move |rows: Rows| async move {
        let (filter, paging) = (&filter, &paging);
        let page = rows.read(move |tx| async move { tasks::list(&tx, owner, filter, paging).await });
        page.await.map(|page| page.map(Task::from))
    };
    app.lists.tasks.get(&caller, owner, text, load).await
}
