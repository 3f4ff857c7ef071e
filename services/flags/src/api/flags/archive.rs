//! `/api/v1/admin/flags/{key}/archive`, `…/revive`, and removal for good.

use axum::extract::State;
use banyan_http::{NoContent, Path, Preconditions, Problem, Reason, Tagged};

use super::{Flag, tagged};
use crate::api::manager::Manager;
use crate::api::tag;
use crate::app::App;
use crate::error::FlagsError;
use crate::store::environments;
use crate::store::flags::{self, Deed};

/// Puts a flag away: it is not there any more for those who ask, as if it had never been. Flags that need it keep it here.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/archive",
    operation_id = "archiveFlag",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses(
        (status = 200, description = "The flag as it is now.", body = Flag),
        (status = 409, description = "Other flags need it, or it lies in the archive already.")
    )
)]
pub(crate) async fn archive_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let (rows, key, preconditions, why) = (app.store.bind(&caller), &key, &preconditions, reason.as_deref());
    let archived = rows.write(move |tx| async move {
        let before = flags::locked_living(&tx, key).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let all = environments::all(&tx).await?;
        let running = all.iter().filter(|one| before.settings_of(&one.name).enabled);
        running.into_iter().try_for_each(|one| one.require_change(tx.caller()))?;
        let names = flags::dependants(&tx, key).await?;
        if !names.is_empty() {
            return Err(FlagsError::Named { message: "flags-needed", names });
        }
        let mut after = before.clone();
        after.archived_at = Some(tx.now().micros());
        flags::save(&tx, &before, after, Deed { act: "archived", why }).await
    });
    let (row, touched) = archived.await?;
    app.refresh(caller.tenant, &touched).await;
    Ok(tagged(row))
}

/// Brings a flag back from the archive, off everywhere.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/revive",
    operation_id = "reviveFlag",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn revive_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let (rows, key, preconditions, why) = (app.store.bind(&caller), &key, &preconditions, reason.as_deref());
    let revived = rows.write(move |tx| async move {
        let before = flags::locked(&tx, key).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        if after.archived_at.take().is_some() {
            after.settings.0.values_mut().for_each(|settings| settings.enabled = false);
        }
        flags::save(&tx, &before, after, Deed { act: "revived", why }).await
    });
    let (row, touched) = revived.await?;
    app.refresh(caller.tenant, &touched).await;
    Ok(tagged(row))
}

/// Removes a flag of the archive for good; its history stays.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/flags/{key}",
    operation_id = "deleteFlag",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It does not lie in the archive: archive it first.")
    )
)]
pub(crate) async fn delete_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<NoContent, Problem> {
    let (rows, key, preconditions, why) = (app.store.bind(&caller), &key, &preconditions, reason.as_deref());
    let removed = rows.write(move |tx| async move {
        let row = flags::locked(&tx, key).await?;
        preconditions.allow(&tag(row.id, row.version))?;
        flags::remove(&tx, &row, why).await
    });
    removed.await?;
    Ok(NoContent)
}
