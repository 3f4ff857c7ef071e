//! `POST /api/v1/tasks`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{GREATEST_POSITION, Task, require_own_goal};
use crate::App;
use crate::api::checks;
use crate::entity::task::{Model, Priority, Status};
use crate::error::GoalsError;
use crate::store::tasks;

/// Something to be done.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Buy shoes that fit", "priority": "high", "dueDate": "2025-01-10"}))]
pub(crate) struct NewTask {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    #[schema(max_length = 5000)]
    pub(crate) notes: Option<String>,
    /// One of the person's own goals.
    pub(crate) goal_id: Option<Uuid>,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub(crate) due_date: Option<String>,
    /// `normal` if it is left out.
    pub(crate) priority: Option<Priority>,
    /// `todo` if it is left out.
    pub(crate) status: Option<Status>,
    /// The person's own order; 0 if it is left out.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    pub(crate) position: Option<i64>,
}

impl Validate for NewTask {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("notes", &self.notes).length(0, 5000).any();
        checks::date(check, "dueDate", self.due_date.as_deref());
        check.range("position", self.position, -GREATEST_POSITION, GREATEST_POSITION);
    }
}

impl NewTask {
    /// The row of a new task of `user`.
    pub(crate) fn row(&self, tx: &Tx, user: Uuid) -> Model {
        let now = tx.now();
        let mut row = Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            user_id: user,
            goal_id: self.goal_id,
            title: self.title.clone(),
            notes: self.notes.clone(),
            due_date: self.due_date.clone(),
            priority: self.priority.unwrap_or_default(),
            status: Status::Todo,
            position: self.position.unwrap_or(0),
            completed_at: None,
            archived_at: None,
            deleted_at: None,
            version: 1,
            created_at: now.micros(),
            updated_at: now.micros(),
        };
        row.set_status(self.status.unwrap_or(Status::Todo), now);
        row
    }
}

/// Notes something to be done.
#[utoipa::path(
    post,
    path = "/api/v1/tasks",
    operation_id = "createTask",
    tag = "tasks",
    request_body = NewTask,
    responses((status = 201, description = "The new task.", body = Task))
)]
pub(crate) async fn create_task(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewTask>,
) -> Result<Created<Task>, Problem> {
    let user = caller.require_user()?;
    let body = &body;
    let rows = app.store.bind(&caller);
    let task = rows.write_once(key.as_ref(), move |tx| async move {
        require_own_goal(&tx, body.goal_id).await?;
        let row = tasks::insert(&tx, body.row(&tx, user)).await?;
        Ok::<_, GoalsError>(Task::from(row))
    });
    let task = task.await?;
    Ok(Created::at(format!("/api/v1/tasks/{}", task.id), task))
}
