//! `GET /api/v1/admin/flags`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Check, Paged, Paging, Problem, Query, Validate};
use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::FlagType;
use crate::api::manager::Manager;
use crate::api::moment;
use crate::app::App;
use crate::entity::flag::Model;
use crate::store::flags::{self, Filter};

/// Which flags are shown.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// A part of the key or the description.
    #[param(max_length = 100)]
    search: Option<String>,
    /// With this tag.
    #[param(max_length = 100)]
    tag: Option<String>,
    #[param(inline)]
    state: Option<Lives>,
    #[serde(rename = "type")]
    #[param(inline)]
    kind: Option<FlagType>,
    #[param(max_length = 100)]
    project: Option<String>,
}

/// In which part of its life a flag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lives {
    Active,
    Stale,
    Archived,
}

impl Validate for Wanted {
    fn validate(&self, check: &mut Check) {
        check.line("search", &self.search).length(0, 100).any();
        check.line("tag", &self.tag).length(0, 100).any();
        check.line("project", &self.project).length(0, 100).any();
    }
}

/// A flag of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeatureFlagLine)]
pub(crate) struct Line {
    key: String,
    #[serde(rename = "type")]
    kind: FlagType,
    description: Option<String>,
    owner: Option<String>,
    project: String,
    stale: bool,
    tags: Vec<String>,
    #[schema(value_type = std::collections::HashMap<String, LineSettings>)]
    environments: BTreeMap<String, LineSettings>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// What a flag says of an environment, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeatureFlagLineSettings)]
pub(crate) struct LineSettings {
    enabled: bool,
    /// How many.
    strategies: usize,
    /// How many.
    variants: usize,
}

impl From<Model> for Line {
    fn from(row: Model) -> Self {
        let in_short = row.settings.0.into_iter().map(|(name, settings)| {
            let (strategies, variants) = (settings.strategies.len(), settings.variants.len());
            (name, LineSettings { enabled: settings.enabled, strategies, variants })
        });
        Self {
            kind: FlagType::of(&row.kind),
            environments: in_short.collect(),
            key: row.key,
            description: row.description,
            owner: row.owner,
            project: row.project,
            stale: row.stale,
            tags: row.tags.0,
            expires_at: row.expires_at.map(moment),
            archived_at: row.archived_at.map(moment),
            version: row.version,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// Lists flags; those of the archive only where `state=archived` asks for them. `orderBy` is one of `createdAt` (the default), `updatedAt`,
/// `key`, `expiresAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags",
    operation_id = "listFlags",
    tag = "flags",
    params(Wanted, Paging),
    responses((status = 200, description = "A page of flags.", body = Paged<Line>))
)]
pub(crate) async fn list_flags(
    State(app): State<App>,
    Manager(caller): Manager,
    Query(wanted): Query<Wanted>,
    paging: Paging,
) -> Result<Paged<Line>, Problem> {
    let stale = match wanted.state {
        Some(Lives::Stale) => Some(true),
        Some(Lives::Active) => Some(false),
        Some(Lives::Archived) | None => None,
    };
    let filter = &Filter {
        search: wanted.search.filter(|text| !text.is_empty()),
        tag: wanted.tag.filter(|text| !text.is_empty()),
        kind: wanted.kind.map(|kind| kind.word().to_owned()),
        project: wanted.project.filter(|text| !text.is_empty()),
        stale,
        archived: wanted.state == Some(Lives::Archived),
    };
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move { flags::list(&tx, filter, paging).await }).await?;
    Ok(page.map(Line::from))
}
