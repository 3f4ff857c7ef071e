//! `GET /api/v1/habits/{id}/check-ins`

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Path, Problem, Query, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::IntoParams;

use super::CheckIn;
use crate::App;
use crate::api::checks;
use crate::entity::habit::Entity;
use crate::error::GoalsError;
use crate::store::{check_ins, owned};

/// Which days to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The first day, `YYYY-MM-DD`.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day, `YYYY-MM-DD`.
    #[param(format = Date)]
    to: Option<String>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        checks::stretch(check, self.from.as_deref(), self.to.as_deref());
    }
}

/// Lists what was done of a habit, newest day first. `orderBy` is `date`.
#[utoipa::path(
    get,
    path = "/api/v1/habits/{id}/check-ins",
    operation_id = "listCheckIns",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit."), Which, Paging),
    responses((status = 200, description = "A page of check-ins.", body = Paged<CheckIn>))
)]
pub(crate) async fn list_check_ins(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<CheckIn>, Problem> {
    let (which, paging) = (&which, &paging);
    let rows = app.store.bind(&caller);
    let page = rows.read(move |tx| async move {
        let habit = owned::visible::<Entity>(&tx, id).await?;
        let rows = check_ins::list(&tx, &habit, (which.from.as_deref(), which.to.as_deref()), paging).await?;
        Ok::<_, GoalsError>(rows.map(|row| CheckIn::new(row, habit.target_value)))
    });
    Ok(page.await?)
}
