//! `/api/v1/admin/flags`

pub(crate) mod archive;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod kill;
pub(crate) mod list;
pub(crate) mod settings;
pub(crate) mod usage;

use std::collections::BTreeMap;

use banyan_http::{Check, FieldError, Preconditions, Problem, Tagged};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{moment, tag};
use crate::app::App;
use crate::definition::{Dependency, Settings, is_name};
use crate::entity::flag::Model;
use crate::error::FlagsError;
use crate::store::flags::Deed;
use crate::store::{environments, flags};

/// Words of addresses below `/api/v1/admin/flags/`: no flag may have such a key.
const RESERVED: [&str; 1] = ["audit"];
const MOST_TAGS: usize = 20;
const MOST_DEPENDENCIES: usize = 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_flags, create::create_flag))
        .routes(routes!(get::get_flag, change::change_flag, archive::delete_flag))
        .routes(routes!(archive::archive_flag))
        .routes(routes!(archive::revive_flag))
        .routes(routes!(settings::get_flag_settings, settings::put_flag_settings))
        .routes(routes!(settings::switch_flag_on))
        .routes(routes!(settings::switch_flag_off))
        .routes(routes!(kill::kill_flag))
        .routes(routes!(history::list_flag_history))
        .routes(routes!(history::undo_flag_change))
        .routes(routes!(usage::get_flag_usage))
}

/// What a flag is for. Those of releases and experiments are meant to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FlagType)]
pub(crate) enum FlagType {
    Release,
    Experiment,
    Operational,
    KillSwitch,
    Permission,
}

impl FlagType {
    pub(crate) const ALL: [Self; 5] = [Self::Release, Self::Experiment, Self::Operational, Self::KillSwitch, Self::Permission];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Experiment => "experiment",
            Self::Operational => "operational",
            Self::KillSwitch => "kill-switch",
            Self::Permission => "permission",
        }
    }

    pub(crate) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.word() == word).unwrap_or(Self::Release)
    }
}

/// A flag with what it says of each environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeatureFlag)]
pub(crate) struct Flag {
    key: String,
    #[serde(rename = "type")]
    kind: FlagType,
    description: Option<String>,
    /// Whom to ask about it.
    owner: Option<String>,
    project: String,
    /// It has served its time.
    stale: bool,
    /// Clients tell of each evaluation.
    impression_data: bool,
    tags: Vec<String>,
    dependencies: Vec<Dependency>,
    #[schema(value_type = std::collections::HashMap<String, Settings>)]
    environments: BTreeMap<String, Settings>,
    /// By when it should be gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    created_by: Option<Uuid>,
    /// Rises with each change.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for Flag {
    fn from(row: Model) -> Self {
        Self {
            kind: FlagType::of(&row.kind),
            key: row.key,
            description: row.description,
            owner: row.owner,
            project: row.project,
            stale: row.stale,
            impression_data: row.impression_data,
            tags: row.tags.0,
            dependencies: row.dependencies.0,
            environments: row.settings.0,
            expires_at: row.expires_at.map(moment),
            archived_at: row.archived_at.map(moment),
            created_by: row.created_by,
            version: row.version,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

pub(crate) fn tagged(row: Model) -> Tagged<Flag> {
    Tagged::new(tag(row.id, row.version), row.into())
}

pub(crate) fn check_key(check: &mut Check, field: &str, key: &str) {
    let fits = is_name(key) && !RESERVED.contains(&key);
    check.that(fits, field, FieldError::new("invalid-key", "flags-field-key"));
}

fn check_tags(check: &mut Check, tags: &[String]) {
    check.count("tags", tags, 0, MOST_TAGS);
    let fits =
        |tag: &str| (1..=100).contains(&tag.chars().count()) && !tag.contains(['|', '%']) && !tag.chars().any(char::is_control);
    for (place, tag) in tags.iter().enumerate().take(MOST_TAGS) {
        check.that(fits(tag), &format!("tags[{place}]"), FieldError::new("invalid-tag", "flags-field-tag"));
    }
}

fn check_dependencies(check: &mut Check, dependencies: &[Dependency]) {
    check.count("dependencies", dependencies, 0, MOST_DEPENDENCIES);
    check.each("dependencies", dependencies.iter().take(MOST_DEPENDENCIES), |check, one| {
        banyan_http::Validate::validate(one, check);
    });
}

/// Who may make a change.
#[derive(Clone, Copy)]
pub(crate) enum Guard<'g> {
    /// Whoever manages flags.
    Managers,
    /// Those who may change this environment, without approvals.
    Of(&'g str),
    /// Those who may change each environment in which what the flag says becomes another.
    Touched,
    /// Those who may change each environment in which the flag is on.
    Running,
}

/// One change of a flag.
pub(crate) struct Change<'c> {
    pub(crate) key: &'c str,
    pub(crate) guard: Guard<'c>,
    pub(crate) deed: Deed<'c>,
    pub(crate) preconditions: &'c Preconditions,
}

impl App {
    /// Changes a flag that is not in the archive. In this process it counts before this returns.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        change: &Change<'_>,
        work: impl Fn(&mut Model) -> Result<(), FlagsError> + Send + Sync,
    ) -> Result<Tagged<Flag>, Problem> {
        let (rows, work) = (self.store.bind(caller), &work);
        let (row, touched) = rows
            .write(move |tx| async move {
                let before = flags::locked_living(&tx, change.key).await?;
                change.preconditions.allow(&tag(before.id, before.version))?;
                let mut after = before.clone();
                work(&mut after)?;
                change.guard.require(&tx, &before, &after).await?;
                flags::save(&tx, &before, after, change.deed).await
            })
            .await
            .map_err(|error: FlagsError| Problem::from(error))?;
        self.refresh(caller.tenant, &touched).await;
        Ok(tagged(row))
    }
}

impl Guard<'_> {
    pub(crate) async fn require(self, tx: &Tx, before: &Model, after: &Model) -> Result<(), FlagsError> {
        let caller = tx.caller();
        match self {
            Self::Managers => Ok(()),
            Self::Of(name) => environments::get(tx, name).await?.require_direct_change(caller),
            Self::Touched => {
                let differs = |name: &str| before.settings_of(name) != after.settings_of(name);
                let all = environments::all(tx).await?;
                all.iter().filter(|one| differs(&one.name)).try_for_each(|one| one.require_direct_change(caller))
            }
            Self::Running => {
                let all = environments::all(tx).await?;
                all.iter()
                    .filter(|one| before.settings_of(&one.name).enabled)
                    .try_for_each(|one| one.require_direct_change(caller))
            }
        }
    }
}
