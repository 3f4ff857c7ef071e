//! `/api/v1/admin/flags/{key}/history`

use axum::extract::State;
use banyan_http::{Paged, Paging, Path, Preconditions, Problem, Reason, Tagged};
use banyan_kernel::{Timestamp, Uuid};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Flag, Guard, tagged};
use crate::api::manager::Manager;
use crate::api::{moment, tag};
use crate::app::App;
use crate::document::{self, Difference};
use crate::entity::change::Model;
use crate::error::FlagsError;
use crate::store::flags::Deed;
use crate::store::{flags, history};

/// One change: who, what, when, why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagChange)]
pub(crate) struct Change {
    /// That the flag had after it.
    version: i64,
    /// `created`, `changed`, `switched-on`, `switched-off`, `killed`, `archived`, `revived`, `undone`, `applied`, `imported` or `removed`.
    act: String,
    /// Where only one environment was touched.
    environment: Option<String>,
    /// None where it was the command line, or a change whose time had come.
    changed_by: Option<Uuid>,
    /// As it was said in `X-Reason`.
    why: Option<String>,
    differences: Vec<Difference>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Change {
    fn from(row: Model) -> Self {
        Self {
            version: row.version,
            act: row.act,
            environment: row.environment,
            changed_by: row.changed_by,
            why: row.why,
            differences: document::differences(&row.before, &row.after),
            created_at: moment(row.created_at),
        }
    }
}

/// Lists the changes of a flag with what each made different; the last 200 are kept. Ordered by `version`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags/{key}/history",
    operation_id = "listFlagHistory",
    tag = "flags",
    params(("key" = String, Path, description = "The flag."), Paging),
    responses((status = 200, description = "A page of changes.", body = Paged<Change>))
)]
pub(crate) async fn list_flag_history(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    paging: Paging,
) -> Result<Paged<Change>, Problem> {
    let (rows, key, paging) = (app.store.bind(&caller), &key, &paging);
    let page = rows.read(move |tx| async move {
        let flag = flags::get(&tx, key).await?;
        history::of(&tx, flag.id, paging).await
    });
    Ok(page.await?.map(Change::from))
}

/// Takes one change back, whichever came after it. What was changed again since is not touched: then it is refused (409) and says where.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/history/{version}/undo",
    operation_id = "undoFlagChange",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("version" = i64, Path, description = "The change."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses(
        (status = 200, description = "The flag as it is now.", body = Flag),
        (status = 409, description = "What it changed was changed again since, or it made the flag.")
    )
)]
pub(crate) async fn undo_flag_change(
    State(app): State<App>,
    Manager(caller): Manager,
    Path((key, version)): Path<(String, i64)>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let (rows, key, preconditions, why) = (app.store.bind(&caller), &key, &preconditions, reason.as_deref());
    let undone = rows.write(move |tx| async move {
        let before = flags::locked(&tx, key).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let change = history::version(&tx, before.id, version).await?.ok_or(FlagsError::Hidden)?;
        if change.act == "created" {
            return Err(FlagsError::Conflict("flags-undo-created"));
        }
        let differences = document::differences(&change.before, &change.after);
        let again = history::touched_since(&tx, before.id, version, &differences).await?;
        if !again.is_empty() {
            // That it is the same as then does not matter: a flag that was killed since must not go on.
            return Err(FlagsError::Named { message: "flags-undo-changed", names: again });
        }
        let undone = document::undone(&document::of(&before), &differences);
        let undone = undone.map_err(|names| FlagsError::Named { message: "flags-undo-changed", names })?;
        let mut after = before.clone();
        document::apply(&mut after, &undone);
        Guard::Touched.require(&tx, &before, &after).await?;
        if before.dependencies != after.dependencies || before.archived_at != after.archived_at {
            Guard::Running.require(&tx, &after, &after).await?;
        }
        flags::save(&tx, &before, after, Deed { act: "undone", why }).await
    });
    let (row, touched) = undone.await?;
    app.refresh(caller.tenant, &touched).await;
    Ok(tagged(row))
}
