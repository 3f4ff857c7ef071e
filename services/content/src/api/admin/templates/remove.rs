//! `DELETE /api/v1/admin/content/templates/{template}/{locale}`

use axum::extract::State;
use banyan_http::{Allowed, NoContent, Path, Preconditions, Problem, Tenant, permit};
use banyan_store::audit::Record;
use serde_json::json;

use super::named;
use super::put::raced;
use crate::App;
use crate::api::tag;
use crate::error::ContentError;
use crate::store::template_texts;

/// Goes back to the application's own text of a template in one language. The history stays. Where it is shown already nothing changes.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/content/templates/{template}/{locale}",
    operation_id = "removeTemplateText",
    tag = "administration",
    params(
        ("template" = String, Path, description = "The template's id."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    responses(
        (status = 204, description = "The application's own text is shown."),
        (status = 404, description = "There is no such template.")
    )
)]
pub(crate) async fn remove_template_text(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    preconditions: Preconditions,
    tenant: Tenant,
    Path((template, locale)): Path<(String, String)>,
) -> Result<NoContent, Problem> {
    let locale = named(&app, &tenant, &template, &locale)?;
    let (rows, template, preconditions) = (app.store.bind(&caller), &template, &preconditions);
    let removed = rows.write(move |tx| async move {
        let Some(before) = template_texts::latest(&tx, template, locale.tag()).await? else { return Ok(()) };
        preconditions.allow(&tag(before.id, before.number))?;
        if before.title.is_none() {
            return Ok(());
        }
        let row = template_texts::add(&tx, template, locale.tag(), before.number + 1, None).await?;
        let detail = json!({ "template": template, "locale": locale.tag(), "number": row.number });
        tx.audit(Record::new("template.taken-back").object("template-text", row.id).detail(detail));
        Ok::<_, ContentError>(())
    });
    removed.await.map_err(raced)?;
    Ok(NoContent)
}
