//! Check-ins: one row a habit and day.

use banyan_contracts::goals::HabitCheckedIn;
use banyan_http::{Paged, Paging};
use banyan_store::Tx;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};
use serde::{Deserialize, Serialize};

use crate::entity::check_in::{Column, Entity, Model};
use crate::entity::habit;
use crate::error::GoalsError;
use crate::habit::{Day, parse_date};

/// Whether a check-in is the first of its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Recorded {
    First,
    Again,
}

/// What was done.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) date: String,
    pub(crate) amount: f64,
    pub(crate) note: Option<String>,
}

/// Records what was done on a day; what was recorded before for that day is replaced. Two at once leave one row.
pub(crate) async fn record(tx: &Tx, habit: &habit::Model, entry: &Entry) -> Result<(Model, Recorded), GoalsError> {
    let now = tx.now().micros();
    let row = Model {
        tenant_id: habit.tenant_id,
        id: tx.new_id(),
        user_id: habit.user_id,
        habit_id: habit.id,
        date: entry.date.clone(),
        amount: entry.amount,
        note: entry.note.clone(),
        created_at: now,
        updated_at: now,
    };
    let same_day = [Column::TenantId, Column::UserId, Column::HabitId, Column::Date];
    let replace = OnConflict::columns(same_day).update_columns([Column::Amount, Column::Note, Column::UpdatedAt]).to_owned();
    Entity::insert(row.clone().into_active_model()).on_conflict(replace).exec_without_returning(tx).await?;
    let stored = of_day(tx, habit, &entry.date).await?.ok_or(GoalsError::Hidden)?;
    if stored.id != row.id {
        return Ok((stored, Recorded::Again));
    }
    let event = HabitCheckedIn { habit_id: habit.id, user_id: habit.user_id, date: stored.date.clone(), amount: stored.amount };
    tx.publish(&event).await?;
    Ok((stored, Recorded::First))
}

async fn of_day(tx: &Tx, habit: &habit::Model, date: &str) -> Result<Option<Model>, GoalsError> {
    Ok(of_habit(habit).filter(Column::Date.eq(date)).one(tx).await?)
}

/// Takes a day back; says whether there was something to take back.
pub(crate) async fn remove(tx: &Tx, habit: &habit::Model, date: &str) -> Result<bool, GoalsError> {
    let delete = Entity::delete_many()
        .filter(Column::UserId.eq(habit.user_id))
        .filter(Column::HabitId.eq(habit.id))
        .filter(Column::Date.eq(date));
    Ok(delete.exec(tx).await?.rows_affected > 0)
}

/// The days between two dates, both included, newest first or oldest first.
pub(crate) async fn list(
    tx: &Tx,
    habit: &habit::Model,
    between: (Option<&str>, Option<&str>),
    paging: &Paging,
) -> Result<Paged<Model>, GoalsError> {
    let mut select = of_habit(habit);
    if let Some(from) = between.0 {
        select = select.filter(Column::Date.gte(from));
    }
    if let Some(to) = between.1 {
        select = select.filter(Column::Date.lte(to));
    }
    Ok(paging.fetch_last(tx, select, &[("date", Column::Date)]).await?)
}

#[derive(sea_orm::FromQueryResult)]
struct DayRow {
    date: String,
    amount: f64,
}

/// All days of a habit, for its progress.
pub(crate) async fn days(tx: &Tx, habit: &habit::Model) -> Result<Vec<Day>, GoalsError> {
    let select = of_habit(habit).select_only().columns([Column::Date, Column::Amount]);
    let rows = select.into_model::<DayRow>().all(tx).await?;
    Ok(rows.iter().filter_map(|row| parse_date(&row.date).map(|date| Day { date, amount: row.amount })).collect())
}

/// The owner is named so that the index is used.
fn of_habit(habit: &habit::Model) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(habit.user_id)).filter(Column::HabitId.eq(habit.id))
}
