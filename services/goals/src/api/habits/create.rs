//! `POST /api/v1/habits`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Tenant, Validate};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Habit, check_schedule, check_time_zone, today};
use crate::App;
use crate::api::checks;
use crate::entity::habit::{Model, StoredSchedule};
use crate::error::GoalsError;
use crate::habit::{Schedule, time_zone};
use crate::store::habits;

/// Something to do again and again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Run", "schedule": {"type": "timesPerWeek", "times": 3}, "timeZone": "Asia/Jakarta"}))]
pub(crate) struct NewHabit {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    #[schema(max_length = 5000)]
    pub(crate) description: Option<String>,
    /// `{"type": "daily"}` if it is left out.
    pub(crate) schedule: Option<Schedule>,
    /// An IANA name; the application's own zone if it is left out.
    pub(crate) time_zone: Option<String>,
    /// The amount that makes a day done, above 0; 1 if it is left out.
    #[schema(minimum = 0.001, maximum = 1_000_000_000_000_f64)]
    pub(crate) target_value: Option<f64>,
    #[schema(min_length = 1, max_length = 30)]
    pub(crate) target_unit: Option<String>,
    /// `YYYY-MM-DD`; today if it is left out. Check-ins before it count all the same.
    #[schema(format = Date)]
    pub(crate) start_date: Option<String>,
}

impl Validate for NewHabit {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", &self.description).length(0, 5000).any();
        if let Some(schedule) = &self.schedule {
            check_schedule(check, schedule);
        }
        check_time_zone(check, self.time_zone.as_deref());
        check.range("targetValue", self.target_value, checks::SMALLEST_TARGET, checks::GREATEST_VALUE);
        check.line("targetUnit", &self.target_unit).not_blank().length(1, 30).any();
        checks::date(check, "startDate", self.start_date.as_deref());
    }
}

impl NewHabit {
    /// The row of a new habit of `user`. `usual_zone` holds where none is named.
    pub(crate) fn row(&self, tx: &Tx, user: Uuid, usual_zone: &str) -> Model {
        let now = tx.now().micros();
        let zone = self.time_zone.as_deref().and_then(time_zone).or_else(|| time_zone(usual_zone)).unwrap_or(TimeZone::UTC);
        Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            user_id: user,
            title: self.title.clone(),
            description: self.description.clone(),
            schedule: StoredSchedule(self.schedule.clone().unwrap_or(Schedule::Daily)),
            // As the database spells it: `asia/jakarta` was understood, too.
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            target_value: self.target_value.unwrap_or(1.0),
            target_unit: self.target_unit.clone(),
            start_date: self.start_date.clone().unwrap_or_else(|| today(tx, &zone).to_string()),
            archived_at: None,
            deleted_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Takes up a habit.
#[utoipa::path(
    post,
    path = "/api/v1/habits",
    operation_id = "createHabit",
    tag = "habits",
    request_body = NewHabit,
    responses((status = 201, description = "The new habit.", body = Habit))
)]
pub(crate) async fn create_habit(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Once { key, body }: Once<NewHabit>,
) -> Result<Created<Habit>, Problem> {
    let user = caller.require_user()?;
    let (body, usual_zone) = (&body, tenant.application.manifest().time_zone.as_str());
    let rows = app.store.bind(&caller);
    let habit = rows.write_once(key.as_ref(), move |tx| async move {
        let row = habits::insert(&tx, body.row(&tx, user, usual_zone)).await?;
        Ok::<_, GoalsError>(Habit::from(row))
    });
    let habit = habit.await?;
    Ok(Created::at(format!("/api/v1/habits/{}", habit.id), habit))
}
