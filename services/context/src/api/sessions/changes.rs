//! `GET /api/v1/context/sessions/{id}/changes`

use axum::extract::State;
use banyan_http::{Check, Json, Path, Problem, Query, SignedIn, Validate};
use banyan_kernel::{Caller, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ContextChange;
use crate::App;
use crate::error::ContextError;
use crate::store::{sessions, steps};

const MOST: i64 = 200;

/// From where to go on.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The last number that the client has; left out, from the beginning.
    #[param(minimum = 0)]
    pub(in crate::api) after: Option<i64>,
    /// 1 to 200; 200 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    pub(in crate::api) limit: Option<i64>,
}

impl Validate for After {
    fn validate(&self, check: &mut Check) {
        check.range("after", self.after, 0, i64::MAX);
        check.range("limit", self.limit, 1, MOST);
    }
}

/// What a client has missed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextChanges {
    /// In order.
    changes: Vec<ContextChange>,
    /// The last number of the session: ask again until it is reached.
    seq: i64,
    /// Whether nothing is left out: what happened half a year ago is forgotten, and whoever missed it reads the session anew.
    complete: bool,
}

/// Gives what happened in a session after a number, in order: for a client that sees a gap, or comes back.
#[utoipa::path(
    get,
    path = "/api/v1/context/sessions/{id}/changes",
    operation_id = "listContextChanges",
    tag = "context",
    params(("id" = Uuid, Path, description = "The session."), After),
    responses((status = 200, description = "What happened since.", body = ContextChanges))
)]
pub(crate) async fn list_context_changes(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Query(after): Query<After>,
) -> Result<Json<ContextChanges>, Problem> {
    missed(&app, &caller, id, &after).await.map(Json)
}

/// What happened in a session since, for who takes part.
pub(in crate::api) async fn missed(app: &App, caller: &Caller, id: Uuid, after: &After) -> Result<ContextChanges, Problem> {
    let (from, most) = (after.after.unwrap_or(0), after.limit.unwrap_or(MOST).unsigned_abs());
    let rows = app.store.bind(caller);
    let read = rows.read(move |tx| async move {
        sessions::visible(&tx, id).await?;
        let seq = steps::last(&tx, id).await?;
        Ok::<_, ContextError>((seq, steps::after(&tx, id, from, most).await?))
    });
    let (seq, found) = read.await?;
    let complete = from >= seq || found.first().is_some_and(|first| first.seq == from + 1);
    Ok(ContextChanges { changes: found.into_iter().map(ContextChange::from).collect(), seq, complete })
}
