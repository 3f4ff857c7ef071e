//! `/api/v1/admin/flag-export` and `/api/v1/admin/flag-import`

use std::collections::BTreeMap;

use axum::extract::State;
use banyan_http::{Body, BodyLimit, Check, Document, FieldError, Json, Problem, Query, Reason, Validate};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manager::Manager;
use crate::app::App;
use crate::definition::Constraints;
use crate::entity::{flag, segment};
use crate::error::FlagsError;
use crate::store::bulk::Bulk;
use crate::store::flags::Deed;
use crate::store::{environments, flags, segments};
use crate::transfer::{self, Incoming, IncomingFlag};

/// The largest document, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    let import = OpenApiRouter::new().routes(routes!(import_flags)).layer(axum::Extension(BodyLimit(LARGEST)));
    OpenApiRouter::new().routes(routes!(export_flags)).merge(import)
}

/// Which flags are exported.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `production`, if it is left out.
    environment: Option<String>,
    /// Flags with this tag only.
    tag: Option<String>,
    /// Flags of this project only.
    project: Option<String>,
}

impl Validate for Wanted {
    fn validate(&self, check: &mut Check) {
        check.line("environment", &self.environment).length(0, 100).any();
        check.line("tag", &self.tag).length(0, 100).any();
        check.line("project", &self.project).length(0, 100).any();
    }
}

/// A document in the form in which Unleash exports.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagImport)]
pub(crate) struct Import {
    /// Into which environment the settings go; `production`, if it is left out.
    environment: Option<String>,
    /// Look only; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// `features`, `featureStrategies`, `featureEnvironments`, `featureTags`, `segments`, `dependencies`; 10,000 features at most.
    #[schema(value_type = Object)]
    data: Document,
}

impl Validate for Import {
    fn validate(&self, check: &mut Check) {
        check.line("environment", &self.environment).length(1, 100).any();
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagImported)]
pub(crate) struct Imported {
    /// The keys of flags that are new.
    created: Vec<String>,
    /// The keys of flags that are different now.
    changed: Vec<String>,
    /// How many are as they were.
    unchanged: usize,
    /// The names of segments that are new.
    segments: Vec<String>,
}

/// Gives flags with what they say of one environment, in the form in which Unleash exports and imports.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-export",
    operation_id = "exportFlags",
    tag = "flags",
    params(Wanted),
    responses((status = 200, description = "The flags.", body = Object))
)]
pub(crate) async fn export_flags(
    State(app): State<App>,
    Manager(caller): Manager,
    Query(wanted): Query<Wanted>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (rows, wanted) = (app.store.bind(&caller), &wanted);
    let exported = rows.read(move |tx| async move {
        let environment = wanted.environment.as_deref().filter(|name| !name.is_empty()).unwrap_or("production");
        environments::get(&tx, environment).await?;
        let of_tag = |row: &flag::Model| wanted.tag.as_ref().is_none_or(|tag| row.tags.0.contains(tag));
        let of_project = |row: &flag::Model| wanted.project.as_ref().is_none_or(|project| row.project == *project);
        let flags: Vec<flag::Model> =
            flags::living(&tx).await?.into_iter().filter(|row| of_tag(row) && of_project(row)).collect();
        Ok::<_, FlagsError>(transfer::export(environment, &flags, &segments::all(&tx).await?))
    });
    Ok(Json(exported.await?))
}

/// Takes flags as Unleash exports them: new ones are made, known ones say of this environment what the document says. All of it or nothing;
/// what cannot be taken is named with its place. The same document twice changes nothing the second time.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-import",
    operation_id = "importFlags",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = Import,
    responses((status = 200, description = "What came of it.", body = Imported))
)]
pub(crate) async fn import_flags(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Body(import): Body<Import>,
) -> Result<Json<Imported>, Problem> {
    let incoming =
        &transfer::read(&import.data.0).map_err(|errors| Problem::refuse(errors).err().unwrap_or_else(Problem::hidden))?;
    let environment = import.environment.as_deref().unwrap_or("production");
    let (rows, why, dry_run) = (app.store.bind(&caller), reason.as_deref().or(Some("imported")), import.dry_run);
    let done = rows.write(move |tx| async move {
        environments::get(&tx, environment).await?.require_direct_change(tx.caller())?;
        let mut imported = Imported::default();
        let numbers = take_segments(&tx, incoming, why, &mut imported).await?;
        let mut bulk = Bulk::begin(&tx).await?;
        for flag in &incoming.flags {
            let row = taken(&tx, &bulk, flag, environment, &numbers)?;
            bulk.put(row);
        }
        let written = bulk.write(&tx, Deed { act: "imported", why }).await?;
        (imported.created, imported.changed, imported.unchanged) = (written.created, written.changed, written.unchanged);
        // An error takes all of it back.
        if dry_run { Err(Done::LookedOnly(imported)) } else { Ok(imported) }
    });
    let imported = match done.await {
        Ok(imported) => imported,
        Err(Done::LookedOnly(imported)) => return Ok(Json(imported)),
        Err(Done::Failed(error)) => return Err(error.into()),
    };
    app.refresh_all(caller.tenant).await;
    Ok(Json(imported))
}

/// Why nothing was written.
enum Done {
    LookedOnly(Imported),
    Failed(FlagsError),
}

impl From<FlagsError> for Done {
    fn from(error: FlagsError) -> Self {
        Self::Failed(error)
    }
}

impl From<banyan_store::StoreError> for Done {
    fn from(error: banyan_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// The numbers of segments here by those of the document.
async fn take_segments(
    tx: &Tx,
    incoming: &Incoming,
    why: Option<&str>,
    imported: &mut Imported,
) -> Result<BTreeMap<i32, i32>, FlagsError> {
    let mut known: BTreeMap<String, i64> = segments::all(tx).await?.into_iter().map(|row| (row.name, row.number)).collect();
    let mut numbers = BTreeMap::new();
    for (place, one) in incoming.segments.iter().enumerate() {
        let number = match (known.get(&one.name), &one.constraints) {
            (Some(number), _) => *number,
            (None, None) => {
                let error = FieldError::new("unknown-segment", "flags-field-import-segment");
                return Err(FlagsError::field(format!("data.segments[{place}].name"), error));
            }
            (None, Some(constraints)) => {
                let now = tx.now().micros();
                let row = segment::Model {
                    tenant_id: tx.caller().tenant,
                    id: tx.new_id(),
                    number: 0,
                    name: one.name.chars().take(100).collect(),
                    description: None,
                    project: None,
                    constraints: Constraints(constraints.clone()),
                    created_by: tx.caller().user_id(),
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                let row = segments::insert(tx, row, why).await?;
                imported.segments.push(row.name.clone());
                known.insert(row.name, row.number);
                row.number
            }
        };
        numbers.insert(one.number, i32::try_from(number).unwrap_or(i32::MAX));
    }
    Ok(numbers)
}

/// The flag as it shall be.
fn taken(
    tx: &Tx,
    bulk: &Bulk,
    incoming: &IncomingFlag,
    environment: &str,
    numbers: &BTreeMap<i32, i32>,
) -> Result<flag::Model, FlagsError> {
    let mut settings = incoming.settings.clone();
    for number in settings.strategies.iter_mut().flat_map(|strategy| &mut strategy.segments) {
        // One that the document does not list is one of here.
        *number = numbers.get(number).copied().unwrap_or(*number);
    }
    let mut row = match bulk.find(&incoming.key) {
        None => flags::new(tx, &incoming.key),
        Some(before) if before.archived_at.is_some() => {
            return Err(FlagsError::Named { message: "flags-import-archived", names: vec![incoming.key.clone()] });
        }
        Some(before) => before.clone(),
    };
    row.kind = super::flags::FlagType::of(&incoming.kind).word().to_owned();
    row.description.clone_from(&incoming.description);
    row.project.clone_from(&incoming.project);
    row.stale = incoming.stale;
    row.impression_data = incoming.impression_data;
    row.tags = incoming.tags.clone();
    row.settings.0.insert(environment.to_owned(), settings);
    row.dependencies.0.clone_from(&incoming.dependencies);
    Ok(row)
}
