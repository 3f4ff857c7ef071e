//! `GET /api/v1/admin/content/templates/{template}/{locale}/history`

use axum::extract::State;
use banyan_http::{Allowed, Paged, Paging, Path, Problem, Tenant, permit};

use super::{TemplateText, named};
use crate::App;
use crate::store::template_texts;

/// Lists the changes of a template in a language, the latest first: who wrote what, and when. `orderBy` is `number`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/content/templates/{template}/{locale}/history",
    operation_id = "listTemplateHistory",
    tag = "administration",
    params(
        ("template" = String, Path, description = "The template's id."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        Paging
    ),
    responses(
        (status = 200, description = "A page of changes.", body = Paged<TemplateText>),
        (status = 404, description = "There is no such template.")
    )
)]
pub(crate) async fn list_template_history(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    tenant: Tenant,
    Path((template, locale)): Path<(String, String)>,
    paging: Paging,
) -> Result<Paged<TemplateText>, Problem> {
    let locale = named(&app, &tenant, &template, &locale)?;
    let (rows, template, paging) = (app.store.bind(&caller), &template, &paging);
    let page = rows.read(move |tx| async move { template_texts::history(&tx, template, locale.tag(), paging).await });
    Ok(page.await?.map(TemplateText::from))
}
