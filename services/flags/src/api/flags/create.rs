//! `POST /api/v1/admin/flags`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Check, Created, Once, Problem, Reason, Validate};
use banyan_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Flag, FlagType, check_dependencies, check_key, check_tags};
use crate::api::manager::Manager;
use crate::app::App;
use crate::definition::{Dependency, Settings};
use crate::error::FlagsError;
use crate::store::{environments, flags};

/// A flag that is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFeatureFlag)]
#[schema(example = json!({
    "key": "new-dashboard", "type": "release", "description": "The dashboard with charts of habits.", "tags": ["team:web"],
    "environments": { "development": { "enabled": true } }
}))]
pub(crate) struct NewFlag {
    /// 1 to 100 letters, digits, `-`, `_`, `.`, `~`. It never changes.
    #[schema(min_length = 1, max_length = 100)]
    key: String,
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Option<FlagType>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    #[schema(max_length = 200)]
    owner: Option<String>,
    /// `default`, if it is left out.
    #[schema(min_length = 1, max_length = 100)]
    project: Option<String>,
    #[serde(default)]
    impression_data: bool,
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 10)]
    dependencies: Vec<Dependency>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Off where nothing is said.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Settings>)]
    environments: BTreeMap<String, Settings>,
}

impl Validate for NewFlag {
    fn validate(&self, check: &mut Check) {
        check_key(check, "key", &self.key);
        check.text("description", &self.description).length(0, 1000).any();
        check.line("owner", &self.owner).length(0, 200).any();
        if let Some(project) = &self.project {
            check_key(check, "project", project);
        }
        check_tags(check, &self.tags);
        check_dependencies(check, &self.dependencies);
        for (name, settings) in self.environments.iter().take(environments::MOST) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            check.nested(&format!("environments.{shown}"), settings);
        }
    }
}

/// Makes a flag. Where it is on in an environment whose changes need approval, it is refused: make it off there, and ask.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags",
    operation_id = "createFlag",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = NewFlag,
    responses(
        (status = 201, description = "The new flag.", body = Flag),
        (status = 409, description = "There are 10,000 flags already, or an environment needs approval.")
    )
)]
pub(crate) async fn create_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Once { key, body }: Once<NewFlag>,
) -> Result<Created<Flag>, Problem> {
    let (rows, body, why) = (app.store.bind(&caller), &body, reason.as_deref());
    let flag = rows.write_once(key.as_ref(), move |tx| async move {
        let all = environments::all(&tx).await?;
        let said = |name: &str| body.environments.get(name).is_some_and(|settings| *settings != Settings::default());
        all.iter().filter(|one| said(&one.name)).try_for_each(|one| one.require_direct_change(tx.caller()))?;
        let mut row = flags::new(&tx, &body.key);
        row.kind = body.kind.unwrap_or(FlagType::Release).word().to_owned();
        row.description.clone_from(&body.description);
        row.owner.clone_from(&body.owner);
        if let Some(project) = &body.project {
            row.project.clone_from(project);
        }
        row.impression_data = body.impression_data;
        row.tags.0.clone_from(&body.tags);
        row.dependencies.0.clone_from(&body.dependencies);
        row.expires_at = body.expires_at.map(Timestamp::micros);
        row.settings.0 = all.into_iter().map(|one| (one.name, Settings::default())).collect();
        row.settings.0.extend(body.environments.clone());
        Ok::<_, FlagsError>(Flag::from(flags::insert(&tx, row, why).await?))
    });
    let flag = flag.await?;
    app.refresh_all(caller.tenant).await;
    Ok(Created::at(format!("/api/v1/admin/flags/{}", flag.key), flag))
}
