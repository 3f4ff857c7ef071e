//! `POST /api/v1/habits/{id}/check-ins`

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use banyan_http::{Check, Created, FieldError, Idempotency, Json, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CheckIn, check_time_zone, progress, today, zone_of};
use crate::App;
use crate::api::checks;
use crate::entity::habit::{Entity, Model};
use crate::error::GoalsError;
use crate::habit::{Progress, time_zone};
use crate::store::check_ins::{self, Entry, Recorded};
use crate::store::owned::{self, Sight};

/// What was done, and when.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"date": "2025-01-02", "note": "In the rain."}))]
pub(crate) struct NewCheckIn {
    /// `YYYY-MM-DD` in the person's own calendar, today or earlier; today if it is left out.
    #[schema(format = Date)]
    date: Option<String>,
    /// All that was done on that day, in the unit of the habit's target; the target itself if it is left out.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_f64)]
    amount: Option<f64>,
    #[schema(max_length = 1000)]
    note: Option<String>,
    /// Where the person is now, if not in the habit's own zone: it decides which day is today.
    time_zone: Option<String>,
}

impl Validate for NewCheckIn {
    fn validate(&self, check: &mut Check) {
        checks::date(check, "date", self.date.as_deref());
        check.range("amount", self.amount, 0.0, checks::GREATEST_VALUE);
        check.text("note", &self.note).length(0, 1000).any();
        check_time_zone(check, self.time_zone.as_deref());
    }
}

impl NewCheckIn {
    fn entry(&self, tx: &Tx, habit: &Model) -> Result<Entry, GoalsError> {
        let zone = self.time_zone.as_deref().and_then(time_zone).unwrap_or_else(|| zone_of(habit));
        let today = today(tx, &zone).to_string();
        let date = self.date.clone().unwrap_or_else(|| today.clone());
        if date > today {
            return Err(GoalsError::Field { field: "date", error: FieldError::new("future-date", "goals-field-future-date") });
        }
        Ok(Entry { date, amount: self.amount.unwrap_or(habit.target_value), note: self.note.clone() })
    }
}

/// A check-in as it was sent; nothing at all means that the habit was done today.
pub(crate) struct Sent(Once<NewCheckIn>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() && !request.headers().contains_key(CONTENT_TYPE) {
            let Idempotency(key) = Idempotency::from_request(request, state).await?;
            return Ok(Self(Once { key, body: NewCheckIn::default() }));
        }
        let Once { key, body } = Once::<Option<NewCheckIn>>::from_request(request, state).await?;
        Ok(Self(Once { key, body: body.unwrap_or_default() }))
    }
}

/// The check-in, and how the habit stands with it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedIn {
    #[serde(flatten)]
    check_in: CheckIn,
    progress: Progress,
}

/// Records what was done on a day. Once more for the same day replaces what was recorded: there is one check-in a day.
#[utoipa::path(
    post,
    path = "/api/v1/habits/{id}/check-ins",
    operation_id = "checkIn",
    tag = "habits",
    params(("id" = Uuid, Path, description = "The habit.")),
    request_body(content = Option<NewCheckIn>, description = "Without a body the habit was done today."),
    responses(
        (status = 201, description = "The first check-in of its day.", body = CheckedIn),
        (status = 200, description = "The day was recorded before; it is now as it was sent.", body = CheckedIn),
        (status = 409, description = "The habit lies in the archive: restore it first.")
    )
)]
pub(crate) async fn check_in(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Sent(Once { key, body }): Sent,
) -> Result<Response, Problem> {
    let body = &body;
    let rows = app.store.bind(&caller);
    let answer = rows.write_once(key.as_ref(), move |tx| async move {
        let habit = owned::own::<Entity>(&tx, id, Sight::Living).await?;
        if habit.archived_at.is_some() {
            return Err(GoalsError::Archived);
        }
        let (row, recorded) = check_ins::record(&tx, &habit, &body.entry(&tx, &habit)?).await?;
        let check_in = CheckIn::new(row, habit.target_value);
        Ok((recorded, CheckedIn { check_in, progress: progress(&tx, &habit).await? }))
    });
    Ok(match answer.await? {
        (Recorded::First, answer) => {
            Created::at(format!("/api/v1/habits/{id}/check-ins/{}", answer.check_in.date), answer).into_response()
        }
        (Recorded::Again, answer) => Json(answer).into_response(),
    })
}
