//! Habits and their check-ins.

mod archive;
mod check_in;
pub(crate) mod create;
mod delete;
mod get;
mod list;
mod list_check_ins;
mod restore;
mod streak;
mod undo_check_in;
mod update;

use banyan_http::{Check, FieldError, Preconditions, Problem, Tagged};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::check_in::Model as Recorded;
use crate::entity::habit::{Entity, Model};
use crate::error::GoalsError;
use crate::habit::{Progress, Schedule, local_date, parse_date, time_zone};
use crate::store::check_ins;
use crate::store::owned::{self, Sight};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_habits, create::create_habit))
        .routes(routes!(get::get_habit, update::update_habit, delete::delete_habit))
        .routes(routes!(archive::archive_habit))
        .routes(routes!(restore::restore_habit))
        .routes(routes!(streak::get_streak))
        .routes(routes!(list_check_ins::list_check_ins, check_in::check_in))
        .routes(routes!(undo_check_in::undo_check_in))
}

/// Something that a person does again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000003", "userId": "01941f29-7c00-7000-8000-0000000000aa", "title": "Run",
    "description": null, "schedule": {"type": "timesPerWeek", "times": 3}, "timeZone": "Asia/Jakarta", "targetValue": 1.0,
    "targetUnit": null, "startDate": "2025-01-01", "archivedAt": null,
    "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z", "version": 1
}))]
pub(crate) struct Habit {
    pub(crate) id: Uuid,
    user_id: Uuid,
    title: String,
    description: Option<String>,
    schedule: Schedule,
    /// The IANA name of the zone in which the person's days begin and end.
    time_zone: String,
    /// The amount that makes a day done.
    target_value: f64,
    target_unit: Option<String>,
    #[schema(format = Date)]
    start_date: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
}

impl From<Model> for Habit {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            title: row.title,
            description: row.description,
            schedule: row.schedule.0,
            time_zone: row.time_zone,
            target_value: row.target_value,
            target_unit: row.target_unit,
            start_date: row.start_date,
            archived_at: row.archived_at.map(moment),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}

impl Habit {
    fn tagged(self) -> Tagged<Self> {
        Tagged::new(tag(self.id, self.version), self)
    }
}

/// What was done of a habit on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000004", "habitId": "01941f29-7c00-7000-8000-000000000003",
    "userId": "01941f29-7c00-7000-8000-0000000000aa", "date": "2025-01-02", "amount": 1.0, "done": true, "note": null,
    "createdAt": "2025-01-02T11:00:00Z", "updatedAt": "2025-01-02T11:00:00Z"
}))]
pub(crate) struct CheckIn {
    id: Uuid,
    habit_id: Uuid,
    user_id: Uuid,
    /// The day in the person's own calendar.
    #[schema(format = Date)]
    date: String,
    amount: f64,
    /// Whether the amount reaches the habit's target.
    done: bool,
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl CheckIn {
    fn new(row: Recorded, target: f64) -> Self {
        Self {
            id: row.id,
            habit_id: row.habit_id,
            user_id: row.user_id,
            date: row.date,
            amount: row.amount,
            done: row.amount >= target,
            note: row.note,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// Changes the caller's own habit in one transaction, if the request's conditions hold.
async fn change<F>(
    app: &App,
    caller: &Caller,
    id: Uuid,
    preconditions: &Preconditions,
    sight: Sight,
    how: F,
) -> Result<Tagged<Habit>, Problem>
where
    F: Fn(&mut Model, &Tx) + Send + Sync,
{
    let how = &how;
    let rows = app.store.bind(caller);
    let habit = rows.write(move |tx| async move {
        let before = owned::own::<Entity>(&tx, id, sight).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        how(&mut after, &tx);
        owned::save::<Entity>(&tx, &before, after).await
    });
    Ok(Habit::from(habit.await?).tagged())
}

/// How the habit stands today.
async fn progress(tx: &Tx, habit: &Model) -> Result<Progress, GoalsError> {
    let days = check_ins::days(tx, habit).await?;
    let today = local_date(tx.now(), &zone_of(habit));
    let start = parse_date(&habit.start_date).unwrap_or(today);
    Ok(Progress::of(&habit.schedule.0, habit.target_value, &days, start, today))
}

/// The habit's zone. Names are checked when they are stored; one that the database has dropped since counts as UTC.
fn zone_of(habit: &Model) -> TimeZone {
    time_zone(&habit.time_zone).unwrap_or(TimeZone::UTC)
}

/// Today's date, for a new habit or a check-in that names none.
fn today(tx: &Tx, zone: &TimeZone) -> Date {
    local_date(tx.now(), zone)
}

fn check_time_zone(check: &mut Check, name: Option<&str>) {
    if name.is_some_and(|name| time_zone(name).is_none()) {
        check.error("timeZone", FieldError::time_zone());
    }
}

fn check_schedule(check: &mut Check, schedule: &Schedule) {
    match schedule {
        Schedule::Daily => {}
        Schedule::Weekdays { days } => {
            check.count("schedule.days", days, 1, 7);
            let twice = days.iter().enumerate().any(|(at, day)| days[..at].contains(day));
            check.that(!twice, "schedule.days", FieldError::new("days-twice", "goals-field-days-twice"));
        }
        Schedule::TimesPerWeek { times } => check.range("schedule.times", *times, 1, 7),
        Schedule::TimesPerMonth { times } => check.range("schedule.times", *times, 1, 31),
    }
}
