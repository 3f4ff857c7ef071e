//! `PATCH /api/v1/tasks/{id}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, SignedIn, Tagged, Validate, nullable, present};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{GREATEST_POSITION, Task, change};
use crate::App;
use crate::api::checks;
use crate::entity::task::{Model, Priority, Status};
use crate::store::owned::Sight;

/// What is to be different. What is left out stays; `null` clears.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"status": "doing", "dueDate": null}))]
pub(crate) struct TaskChanges {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 5000)]
    notes: Option<Option<String>>,
    /// One of the person's own goals.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    goal_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Priority, required = false)]
    priority: Option<Priority>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Status, required = false)]
    status: Option<Status>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = i64, required = false, minimum = -1_000_000_000, maximum = 1_000_000_000)]
    position: Option<i64>,
}

impl Validate for TaskChanges {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("notes", self.notes.as_ref().unwrap_or(&None)).length(0, 5000).any();
        checks::date(check, "dueDate", self.due_date.as_ref().and_then(Option::as_deref));
        check.range("position", self.position, -GREATEST_POSITION, GREATEST_POSITION);
    }
}

impl TaskChanges {
    fn apply(&self, task: &mut Model, now: Timestamp) {
        task.title = self.title.clone().unwrap_or_else(|| std::mem::take(&mut task.title));
        task.notes = self.notes.clone().unwrap_or_else(|| task.notes.take());
        task.goal_id = self.goal_id.unwrap_or(task.goal_id);
        task.due_date = self.due_date.clone().unwrap_or_else(|| task.due_date.take());
        task.priority = self.priority.unwrap_or(task.priority);
        task.position = self.position.unwrap_or(task.position);
        task.set_status(self.status.unwrap_or(task.status), now);
    }
}

/// Changes a task of one's own. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/tasks/{id}",
    operation_id = "updateTask",
    tag = "tasks",
    params(("id" = Uuid, Path, description = "The task."), ("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = TaskChanges,
    responses((status = 200, description = "The task as it is now.", body = Task))
)]
pub(crate) async fn update_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(changes): Body<TaskChanges>,
) -> Result<Tagged<Task>, Problem> {
    let apply = |task: &mut Model, tx: &Tx| changes.apply(task, tx.now());
    change(&app, &caller, id, &preconditions, Sight::Living, apply).await
}
