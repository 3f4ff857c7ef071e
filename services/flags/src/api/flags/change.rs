//! `PATCH /api/v1/admin/flags/{key}`

use axum::extract::State;
use banyan_http::{Body, Check, Path, Preconditions, Problem, Reason, Tagged, Validate, nullable, present};
use banyan_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Change, Flag, FlagType, Guard, check_dependencies, check_key, check_tags};
use crate::api::manager::Manager;
use crate::app::App;
use crate::definition::Dependency;
use crate::store::flags::Deed;

/// What is to be different. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FeatureFlagChanges)]
pub(crate) struct Changes {
    #[serde(rename = "type", default, deserialize_with = "present")]
    #[schema(inline)]
    kind: Option<FlagType>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(max_length = 1000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(max_length = 200)]
    owner: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100)]
    project: Option<String>,
    #[serde(default, deserialize_with = "present")]
    stale: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    impression_data: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 10)]
    dependencies: Option<Vec<Dependency>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
}

impl Validate for Changes {
    fn validate(&self, check: &mut Check) {
        check.text("description", &self.description.clone().flatten()).length(0, 1000).any();
        check.line("owner", &self.owner.clone().flatten()).length(0, 200).any();
        if let Some(project) = &self.project {
            check_key(check, "project", project);
        }
        check_tags(check, self.tags.as_deref().unwrap_or_default());
        check_dependencies(check, self.dependencies.as_deref().unwrap_or_default());
    }
}

/// Changes what a flag says of itself. What it says of an environment has a call of its own. Dependencies of a flag that is on where
/// changes need approval stay as they are.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/flags/{key}",
    operation_id = "changeFlag",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = Changes,
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn change_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
    Body(changes): Body<Changes>,
) -> Result<Tagged<Flag>, Problem> {
    let guard = if changes.dependencies.is_some() { Guard::Running } else { Guard::Managers };
    let deed = Deed { act: "changed", why: reason.as_deref() };
    let change = Change { key: &key, guard, deed, preconditions: &preconditions };
    let work = |row: &mut crate::entity::flag::Model| {
        let Changes { kind, description, owner, project, stale, impression_data, tags, dependencies, expires_at } =
            changes.clone();
        row.kind = kind.map_or_else(|| row.kind.clone(), |kind| kind.word().to_owned());
        row.description = description.unwrap_or_else(|| row.description.take());
        row.owner = owner.unwrap_or_else(|| row.owner.take());
        row.project = project.unwrap_or_else(|| row.project.clone());
        row.stale = stale.unwrap_or(row.stale);
        row.impression_data = impression_data.unwrap_or(row.impression_data);
        row.tags.0 = tags.unwrap_or_else(|| row.tags.0.clone());
        row.dependencies.0 = dependencies.unwrap_or_else(|| row.dependencies.0.clone());
        row.expires_at = expires_at.map_or(row.expires_at, |at| at.map(Timestamp::micros));
        Ok(())
    };
    app.change(&caller, &change, work).await
}
