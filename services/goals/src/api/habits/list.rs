//! `GET /api/v1/habits`

use axum::extract::State;
use banyan_http::{Paged, Paging, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Rows;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Habit;
use crate::App;
use crate::store::habits;
use crate::store::owned::Archive;

/// Which habits to show. Those that were deleted are never shown.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Somebody who granted the caller a look at her habits; the caller if it is left out.
    user_id: Option<Uuid>,
    /// `true` shows what was put away, and only that.
    archived: Option<bool>,
}

impl Validate for Which {}

/// Lists habits. `orderBy` is one of `createdAt` (the default), `updatedAt`, `title`.
#[utoipa::path(
    get,
    path = "/api/v1/habits",
    operation_id = "listHabits",
    tag = "habits",
    params(Which, Paging),
    responses((status = 200, description = "A page of habits.", body = Paged<Habit>))
)]
pub(crate) async fn list_habits(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<Habit>, Problem> {
    let owner = which.user_id.map_or_else(|| caller.require_user(), Ok)?;
    let archive = Archive::of(which.archived);
    let text = format!("{archive:?} {paging:?}");
    let load = move |rows: Rows| async move {
        let paging = &paging;
        let page = rows.read(move |tx| async move { habits::list(&tx, owner, archive, paging).await });
        page.await.map(|page| page.map(Habit::from))
    };
    app.lists.habits.get(&caller, owner, text, load).await
}
