//! Tasks, alone or on the way to a goal.

mod archive;
mod complete;
pub(crate) mod create;
mod delete;
mod get;
mod list;
mod restore;
mod update;

use banyan_contracts::goals::TaskCompleted;
use banyan_http::{FieldError, Preconditions, Problem, Tagged};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::App;
use crate::entity::task::{Entity, Model, Priority, Status};
use crate::error::GoalsError;
use crate::store::goals;
use crate::store::owned::{self, Sight};

/// Positions reach from `-GREATEST_POSITION` to this.
const GREATEST_POSITION: i64 = 1_000_000_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_tasks, create::create_task))
        .routes(routes!(get::get_task, update::update_task, delete::delete_task))
        .routes(routes!(complete::complete_task))
        .routes(routes!(archive::archive_task))
        .routes(routes!(restore::restore_task))
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000002", "userId": "01941f29-7c00-7000-8000-0000000000aa",
    "goalId": "01941f29-7c00-7000-8000-000000000001", "title": "Buy shoes that fit", "notes": null, "dueDate": "2025-01-10",
    "priority": "high", "status": "todo", "position": 0, "completedAt": null, "archivedAt": null,
    "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z", "version": 1
}))]
pub(crate) struct Task {
    pub(crate) id: Uuid,
    user_id: Uuid,
    goal_id: Option<Uuid>,
    title: String,
    notes: Option<String>,
    #[schema(format = Date)]
    due_date: Option<String>,
    priority: Priority,
    status: Status,
    /// The person's own order; see `orderBy=position`.
    position: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Rises with each change; the entity tag rests on it.
    version: i64,
}

impl From<Model> for Task {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            goal_id: row.goal_id,
            title: row.title,
            notes: row.notes,
            due_date: row.due_date,
            priority: row.priority,
            status: row.status,
            position: row.position,
            completed_at: row.completed_at.map(moment),
            archived_at: row.archived_at.map(moment),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}

impl Task {
    fn tagged(self) -> Tagged<Self> {
        Tagged::new(tag(self.id, self.version), self)
    }
}

/// Changes the caller's own task in one transaction, if the request's conditions hold. A task that becomes done is announced.
async fn change<F>(
    app: &App,
    caller: &Caller,
    id: Uuid,
    preconditions: &Preconditions,
    sight: Sight,
    how: F,
) -> Result<Tagged<Task>, Problem>
where
    F: Fn(&mut Model, &Tx) + Send + Sync,
{
    let how = &how;
    let rows = app.store.bind(caller);
    let task = rows.write(move |tx| async move {
        let before = owned::own::<Entity>(&tx, id, sight).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        how(&mut after, &tx);
        if after.goal_id != before.goal_id {
            require_own_goal(&tx, after.goal_id).await?;
        }
        if after.status == Status::Done && before.status != Status::Done {
            tx.publish(&TaskCompleted { task_id: id, user_id: after.user_id, goal_id: after.goal_id }).await?;
        }
        owned::save::<Entity>(&tx, &before, after).await
    });
    Ok(Task::from(task.await?).tagged())
}

/// A task belongs to a goal of the same person, or to none.
async fn require_own_goal(tx: &Tx, goal: Option<Uuid>) -> Result<(), GoalsError> {
    match goal {
        Some(goal) if !goals::hold_own(tx, goal).await? => {
            Err(GoalsError::Field { field: "goalId", error: FieldError::new("unknown-goal", "goals-field-unknown-goal") })
        }
        _ => Ok(()),
    }
}
