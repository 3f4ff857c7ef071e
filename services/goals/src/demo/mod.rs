//! Goals, tasks and habits of an application's demo people, so that a newcomer finds something to look at.

mod document;

use std::collections::{BTreeMap, BTreeSet};

use banyan_kernel::application::{ApplicationError, Document, parse_toml};
use banyan_kernel::{Caller, RequestId, Role, Roles, Timestamp, Uuid};
use banyan_store::{Store, Tx, grants};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use self::document::{Demo, DemoGoal, DemoHabit};
use crate::api::{NewGoal, NewHabit, NewMilestone, NewTask};
use crate::entity::{goal, habit};
use crate::error::GoalsError;
use crate::habit::{local_date, time_zone};
use crate::store::check_ins::{self, Entry};
use crate::store::{goals, habits, tasks};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error(transparent)]
    Goals(#[from] GoalsError),
}

/// Writes the demo data of `document` for the people whose ids are given by e-mail address. A person who has goals or habits
/// already is left alone, so that it may run at each start.
///
/// # Errors
/// A document that cannot be read or names somebody else; what the store answers.
pub async fn seed_demo(
    store: &Store,
    tenant: Uuid,
    people: &BTreeMap<String, Uuid>,
    document: &Document,
) -> Result<(), DemoError> {
    let demo: Demo = parse_toml(&document.path, &document.text)?;
    let named = demo.goals.iter().map(|goal| &goal.person).chain(demo.habits.iter().map(|habit| &habit.person));
    let named: BTreeSet<&String> = named.chain(demo.grants.iter().map(|grant| &grant.owner)).collect();
    for email in named {
        let mut granted = Vec::new();
        for grant in demo.grants.iter().filter(|grant| grant.owner == *email) {
            granted.push((document.person(people, &grant.grantee)?, &grant.kinds));
        }
        let own_goals: Vec<&DemoGoal> = demo.goals.iter().filter(|goal| goal.person == *email).collect();
        let own_habits: Vec<&DemoHabit> = demo.habits.iter().filter(|habit| habit.person == *email).collect();
        let user = document.person(people, email)?;
        let request = RequestId(store.environment().ids.next());
        let caller = Caller::user(tenant, user, Roles::NONE.with(Role::User), request);
        let (own_goals, own_habits, granted) = (&own_goals, &own_habits, &granted);
        let rows = store.bind(&caller);
        let seeded = rows.write(move |tx| async move {
            if has_rows(&tx, user).await? {
                return Ok::<_, GoalsError>(());
            }
            for goal in own_goals {
                seed_goal(&tx, user, goal).await?;
            }
            for habit in own_habits {
                seed_habit(&tx, user, habit).await?;
            }
            for (grantee, kinds) in granted {
                for kind in *kinds {
                    grants::grant(&tx, user, *grantee, kind).await?;
                }
            }
            Ok(())
        });
        seeded.await?;
    }
    Ok(())
}

async fn has_rows(tx: &Tx, user: Uuid) -> Result<bool, GoalsError> {
    let goal = goal::Entity::find().filter(goal::Column::UserId.eq(user)).one(tx).await?;
    let habit = habit::Entity::find().filter(habit::Column::UserId.eq(user)).one(tx).await?;
    Ok(goal.is_some() || habit.is_some())
}

async fn seed_goal(tx: &Tx, user: Uuid, demo: &DemoGoal) -> Result<(), GoalsError> {
    let milestones = demo.milestones.iter().map(|milestone| NewMilestone { title: milestone.title.clone(), target_date: None });
    let new = NewGoal {
        title: demo.title.clone(),
        description: demo.description.clone(),
        category: demo.category.clone(),
        target_value: demo.target.as_ref().map(|target| target.value),
        target_unit: demo.target.as_ref().map(|target| target.unit.clone()),
        current_value: demo.target.as_ref().map(|target| target.current),
        target_date: demo.due_in_days.map(|days| date_in_days(tx, days)),
        milestones: milestones.collect(),
    };
    let mut row = new.row(tx, user);
    row.created_at = days_ago(tx, demo.started_days_ago).micros();
    for (milestone, _) in row.milestones.0.iter_mut().zip(&demo.milestones).filter(|(_, demo)| demo.done) {
        milestone.completed_at = Some(days_ago(tx, 1));
    }
    if demo.completed {
        row.complete(days_ago(tx, 1))?;
    }
    let goal = goals::insert(tx, row).await?;
    for (task, position) in demo.tasks.iter().zip(0..) {
        let new = NewTask {
            title: task.title.clone(),
            goal_id: Some(goal.id),
            due_date: task.due_in_days.map(|days| date_in_days(tx, days)),
            priority: Some(task.priority),
            status: Some(task.status),
            position: Some(position),
            notes: None,
        };
        tasks::insert(tx, new.row(tx, user)).await?;
    }
    Ok(())
}

async fn seed_habit(tx: &Tx, user: Uuid, demo: &DemoHabit) -> Result<(), GoalsError> {
    let new = NewHabit {
        title: demo.title.clone(),
        description: None,
        schedule: Some(demo.schedule.clone()),
        time_zone: Some(demo.time_zone.clone()),
        target_value: demo.target.as_ref().map(|target| target.value),
        target_unit: demo.target.as_ref().map(|target| target.unit.clone()),
        start_date: Some(habit_date(tx, demo, demo.started_days_ago)),
    };
    let habit = habits::insert(tx, new.row(tx, user, &demo.time_zone)).await?;
    for days in (1..=demo.started_days_ago).rev() {
        let date = habit_date(tx, demo, days);
        let due = || crate::habit::parse_date(&date).is_some_and(|date| demo.schedule.counts_on(date));
        let done = match &demo.done_days_ago {
            Some(list) => list.contains(&days),
            None => due() && !demo.missed_days_ago.contains(&days),
        };
        if done {
            check_ins::record(tx, &habit, &Entry { date, amount: habit.target_value, note: None }).await?;
        }
    }
    Ok(())
}

fn days_ago(tx: &Tx, days: i64) -> Timestamp {
    tx.now().plus_seconds(-days * SECONDS_PER_DAY)
}

fn date_in_days(tx: &Tx, days: i64) -> String {
    days_ago(tx, -days).to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// The date so many days ago in the habit's zone, counted on its calendar.
fn habit_date(tx: &Tx, demo: &DemoHabit, days: i64) -> String {
    let zone = time_zone(&demo.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = local_date(tx.now(), &zone);
    today.saturating_sub(jiff::SignedDuration::from_hours(days * 24)).to_string()
}
