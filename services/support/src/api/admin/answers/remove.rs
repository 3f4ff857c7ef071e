//! `DELETE /api/v1/admin/support/answers/{key}/{locale}`

use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Preconditions, Problem, Tenant, permit};
use banyan_kernel::Permission;
use banyan_store::audit::Record;
use serde_json::json;

use super::put::checked_path;
use crate::App;
use crate::api::tag;
use crate::error::SupportError;
use crate::store::answers;

/// Removes an answer of the tenant's own in one language. One of the catalogues that has this key is used again. Removing what is not there
/// changes nothing. It takes the right to manage content.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/support/answers/{key}/{locale}",
    operation_id = "removeAnswer",
    tag = "administration",
    params(
        ("key" = String, Path, description = "Lower-case words joined by hyphens."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    responses((status = 204, description = "It is not there."))
)]
pub(crate) async fn remove_answer(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    preconditions: Preconditions,
    tenant: Tenant,
    Path((key, locale)): Path<(String, String)>,
) -> Result<NoContent, Problem> {
    caller.require(Permission::ContentManage)?;
    let locale = checked_path(&app, &tenant, &key, &locale)?;
    let (rows, key, preconditions) = (app.store.bind(&caller), &key, &preconditions);
    let removed = rows.write(move |tx| async move {
        let Some(row) = answers::find(&tx, key, locale.tag()).await? else { return Ok(()) };
        preconditions.allow(&tag(row.id, row.version))?;
        answers::remove(&tx, &row).await?;
        tx.audit(Record::new("answer.removed").object("answer", row.id).detail(json!({ "key": key, "locale": locale.tag() })));
        Ok::<_, SupportError>(())
    });
    removed.await?;
    Ok(NoContent)
}
