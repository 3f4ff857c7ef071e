//! `GET /api/v1/admin/support/summary`

use axum::extract::State;
use banyan_http::{Allowed, Check, Json, Problem, Query, Validate, permit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::store::summary::{self, Figures};

const DAY: i64 = 86_400;

/// Over how many days ratings and times are counted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// 30 if it is left out.
    #[param(minimum = 1, maximum = 730)]
    days: Option<i64>,
}

impl Validate for Span {
    fn validate(&self, check: &mut Check) {
        check.range("days", self.days, 1, 730);
    }
}

/// How much is to be done, and how well it is done.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "open": 3, "answered": 5, "waiting": 1, "solved": 4, "closed": 120, "overdue": 0, "unassigned": 2, "openDataRequests": 1,
    "days": 30, "firstAnswers": 40, "firstAnswersInTime": 39, "ratings": 18, "averageRating": 4.6
}))]
pub(crate) struct SupportSummary {
    open: i64,
    answered: i64,
    waiting: i64,
    solved: i64,
    closed: i64,
    /// Of those that are not over.
    overdue: i64,
    unassigned: i64,
    open_data_requests: i64,
    /// Over how many days the following figures are.
    days: i64,
    first_answers: i64,
    first_answers_in_time: i64,
    ratings: i64,
    /// 1 to 5; `null` where nobody said.
    average_rating: Option<f64>,
}

impl SupportSummary {
    #[expect(clippy::cast_precision_loss, reason = "a tenant has fewer ratings than doubles have digits")]
    fn of(figures: Figures, days: i64) -> Self {
        let [open, answered, waiting, solved, closed] = figures.by_state;
        Self {
            open,
            answered,
            waiting,
            solved,
            closed,
            overdue: figures.overdue,
            unassigned: figures.unassigned,
            open_data_requests: figures.data_requests,
            days,
            first_answers: figures.answered,
            first_answers_in_time: figures.answered_in_time,
            ratings: figures.ratings,
            average_rating: (figures.ratings > 0).then(|| figures.rated as f64 / figures.ratings as f64),
        }
    }
}

/// Says how much is to be done, and how well it is done.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/summary",
    operation_id = "getSupportSummary",
    tag = "administration",
    params(Span),
    responses((status = 200, description = "The figures.", body = SupportSummary))
)]
pub(crate) async fn get_support_summary(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    Query(span): Query<Span>,
) -> Result<Json<SupportSummary>, Problem> {
    let days = span.days.unwrap_or(30);
    let rows = app.store.bind(&caller);
    let counted = rows.read(move |tx| async move {
        let since = tx.now().plus_seconds(-days * DAY).micros();
        summary::count(&tx, since).await
    });
    Ok(Json(SupportSummary::of(counted.await?, days)))
}
