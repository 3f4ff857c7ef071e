//! `/api/v1/admin/flags/{key}/environments/{environment}`

use axum::extract::State;
use banyan_http::{Body, Path, Preconditions, Problem, Reason, Tagged};

use super::{Change, Flag, Guard};
use crate::api::manager::Manager;
use crate::api::tag;
use crate::app::App;
use crate::definition::Settings;
use crate::entity::flag::Model;
use crate::store::flags::Deed;
use crate::store::{environments, flags};

/// Gives what a flag says of one environment.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags/{key}/environments/{environment}",
    operation_id = "getFlagSettings",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("environment" = String, Path, description = "The environment."),
        Preconditions
    ),
    responses((status = 200, description = "What it says.", body = Settings))
)]
pub(crate) async fn get_flag_settings(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, environment)): Path<(String, String)>,
    preconditions: Preconditions,
) -> Result<Tagged<Settings>, Problem> {
    let (rows, key, environment) = (app.store.bind(&caller), &key, &environment);
    let row = rows.read(move |tx| async move {
        environments::get(&tx, environment).await?;
        flags::get(&tx, key).await
    });
    let row = row.await?;
    Ok(preconditions.answer(tag(row.id, row.version), || row.settings_of(environment)))
}

/// Says anew for whom a flag is on in an environment, and in which variants. In this process it counts at once, in others within a second.
/// Where changes need approval it is refused (409): ask for it with `…/changes`.
#[utoipa::path(
    put,
    path = "/api/v1/admin/flags/{key}/environments/{environment}",
    operation_id = "putFlagSettings",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("environment" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = Settings,
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn put_flag_settings(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, environment)): Path<(String, String)>,
    preconditions: Preconditions,
    reason: Reason,
    Body(settings): Body<Settings>,
) -> Result<Tagged<Flag>, Problem> {
    let deed = Deed { act: "changed", why: reason.as_deref() };
    let change = Change { key: &key, guard: Guard::Of(&environment), deed, preconditions: &preconditions };
    let work = |row: &mut Model| {
        row.settings.0.insert(environment.clone(), settings.clone());
        Ok(())
    };
    app.change(&caller, &change, work).await
}

/// Switches a flag on in an environment, for whom its strategies say.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/environments/{environment}/on",
    operation_id = "switchFlagOn",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("environment" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn switch_flag_on(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, environment)): Path<(String, String)>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let deed = Deed { act: "switched-on", why: reason.as_deref() };
    let change = Change { key: &key, guard: Guard::Of(&environment), deed, preconditions: &preconditions };
    let work = |row: &mut Model| {
        row.settings.0.entry(environment.clone()).or_default().enabled = true;
        Ok(())
    };
    app.change(&caller, &change, work).await
}

/// Switches a flag off in an environment, for everybody.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/environments/{environment}/off",
    operation_id = "switchFlagOff",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("environment" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn switch_flag_off(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, environment)): Path<(String, String)>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let deed = Deed { act: "switched-off", why: reason.as_deref() };
    let change = Change { key: &key, guard: Guard::Of(&environment), deed, preconditions: &preconditions };
    let work = |row: &mut Model| {
        row.settings.0.entry(environment.clone()).or_default().enabled = false;
        Ok(())
    };
    app.change(&caller, &change, work).await
}
