//! `POST /api/v1/goals`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Goal, MOST_MILESTONES, NewMilestone};
use crate::App;
use crate::api::checks;
use crate::entity::goal::{Milestones, Model, Status};
use crate::error::GoalsError;
use crate::store::goals;

/// What a person wants to reach.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "title": "Run ten kilometres", "category": "health", "targetValue": 10.0, "targetUnit": "km", "targetDate": "2025-06-30",
    "milestones": [{"title": "Five kilometres"}]
}))]
pub(crate) struct NewGoal {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    #[schema(max_length = 5000)]
    pub(crate) description: Option<String>,
    /// A word of the person's own, by which lists can be filtered.
    #[schema(min_length = 1, max_length = 50)]
    pub(crate) category: Option<String>,
    /// Above 0.
    #[schema(minimum = 0.001, maximum = 1_000_000_000_000_f64)]
    pub(crate) target_value: Option<f64>,
    #[schema(min_length = 1, max_length = 30)]
    pub(crate) target_unit: Option<String>,
    /// Where the person stands now; 0 if it is left out.
    #[schema(minimum = -1_000_000_000_000_f64, maximum = 1_000_000_000_000_f64)]
    pub(crate) current_value: Option<f64>,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    pub(crate) target_date: Option<String>,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(crate) milestones: Vec<NewMilestone>,
}

impl Validate for NewGoal {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("description", &self.description).length(0, 5000).any();
        check.line("category", &self.category).not_blank().length(1, 50).any();
        check.range("targetValue", self.target_value, checks::SMALLEST_TARGET, checks::GREATEST_VALUE);
        check.line("targetUnit", &self.target_unit).not_blank().length(1, 30).any();
        check.range("currentValue", self.current_value, -checks::GREATEST_VALUE, checks::GREATEST_VALUE);
        checks::date(check, "targetDate", self.target_date.as_deref());
        check.count("milestones", &self.milestones, 0, MOST_MILESTONES);
        check.each("milestones", &self.milestones, |check, milestone| milestone.validate(check));
    }
}

impl NewGoal {
    /// The row of a new goal of `user`.
    pub(crate) fn row(&self, tx: &Tx, user: Uuid) -> Model {
        let now = tx.now().micros();
        Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            user_id: user,
            title: self.title.clone(),
            description: self.description.clone(),
            category: self.category.clone(),
            status: Status::Active,
            target_value: self.target_value,
            target_unit: self.target_unit.clone(),
            current_value: self.current_value.unwrap_or(0.0),
            target_date: self.target_date.clone(),
            milestones: Milestones(
                self.milestones.iter().map(|milestone| milestone.clone().into_milestone(tx.new_id())).collect(),
            ),
            completed_at: None,
            archived_at: None,
            deleted_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Sets a goal.
#[utoipa::path(
    post,
    path = "/api/v1/goals",
    operation_id = "createGoal",
    tag = "goals",
    request_body = NewGoal,
    responses((status = 201, description = "The new goal.", body = Goal))
)]
pub(crate) async fn create_goal(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewGoal>,
) -> Result<Created<Goal>, Problem> {
    let user = caller.require_user()?;
    let body = &body;
    let rows = app.store.bind(&caller);
    let goal = rows.write_once(key.as_ref(), move |tx| async move {
        let row = goals::insert(&tx, body.row(&tx, user)).await?;
        Ok::<_, GoalsError>(Goal::from(row))
    });
    let goal = goal.await?;
    Ok(Created::at(format!("/api/v1/goals/{}", goal.id), goal))
}
