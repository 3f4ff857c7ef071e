//! Goals and their milestones.

mod add_milestone;
mod archive;
mod complete;
pub(crate) mod create;
mod delete;
mod delete_milestone;
mod get;
mod list;
mod restore;
mod update;
mod update_milestone;

use banyan_http::{Check, Preconditions, Problem, Tagged, Validate};
use banyan_kernel::{Caller, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{checks, moment, tag};
use crate::App;
use crate::entity::goal::{Entity, Milestone, Model, Status};
use crate::error::GoalsError;
use crate::store::owned::{self, Sight};

/// How many milestones a goal may have.
const MOST_MILESTONES: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_goals, create::create_goal))
        .routes(routes!(get::get_goal, update::update_goal, delete::delete_goal))
        .routes(routes!(complete::complete_goal))
        .routes(routes!(archive::archive_goal))
        .routes(routes!(restore::restore_goal))
        .routes(routes!(add_milestone::add_milestone))
        .routes(routes!(update_milestone::update_milestone, delete_milestone::delete_milestone))
}

/// Something that a person wants to reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000001", "userId": "01941f29-7c00-7000-8000-0000000000aa", "title": "Run ten kilometres",
    "description": "Without stopping.", "category": "health", "status": "active", "targetValue": 10.0, "targetUnit": "km",
    "currentValue": 5.0, "progress": 0.5, "targetDate": "2025-06-30", "milestones": [], "completedAt": null, "archivedAt": null,
    "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-01T08:00:00Z", "version": 1
}))]
pub(crate) struct Goal {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    title: String,
    description: Option<String>,
    category: Option<String>,
    status: Status,
    /// What counts as reached, in `targetUnit`.
    target_value: Option<f64>,
    target_unit: Option<String>,
    current_value: f64,
    /// `currentValue` of `targetValue`, 0 to 1; `null` without a target.
    progress: Option<f64>,
    #[schema(format = Date)]
    target_date: Option<String>,
    milestones: Vec<Milestone>,
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

impl From<Model> for Goal {
    fn from(row: Model) -> Self {
        Self {
            progress: row.target_value.map(|target| (row.current_value / target).clamp(0.0, 1.0)),
            id: row.id,
            user_id: row.user_id,
            title: row.title,
            description: row.description,
            category: row.category,
            status: row.status,
            target_value: row.target_value,
            target_unit: row.target_unit,
            current_value: row.current_value,
            target_date: row.target_date,
            milestones: row.milestones.0,
            completed_at: row.completed_at.map(moment),
            archived_at: row.archived_at.map(moment),
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}

impl Goal {
    fn tagged(self) -> Tagged<Self> {
        Tagged::new(tag(self.id, self.version), self)
    }
}

/// A step on the way.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Five kilometres", "targetDate": "2025-03-31"}))]
pub(crate) struct NewMilestone {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub(crate) target_date: Option<String>,
}

impl Validate for NewMilestone {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        checks::date(check, "targetDate", self.target_date.as_deref());
    }
}

impl NewMilestone {
    pub(crate) fn into_milestone(self, id: Uuid) -> Milestone {
        Milestone { id, title: self.title, target_date: self.target_date, completed_at: None }
    }
}

/// Changes the caller's own goal in one transaction, if the request's conditions hold.
async fn change<F>(
    app: &App,
    caller: &Caller,
    id: Uuid,
    preconditions: &Preconditions,
    sight: Sight,
    how: F,
) -> Result<Tagged<Goal>, Problem>
where
    F: Fn(&mut Model, &banyan_store::Tx) -> Result<(), GoalsError> + Send + Sync,
{
    let how = &how;
    let rows = app.store.bind(caller);
    let goal = rows.write(move |tx| async move {
        let before = owned::own::<Entity>(&tx, id, sight).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        how(&mut after, &tx)?;
        owned::save::<Entity>(&tx, &before, after).await
    });
    Ok(Goal::from(goal.await?).tagged())
}
