//! `GET /api/v1/legal`

use axum::extract::State;
use banyan_http::{Language, Localized, Paged, Paging, Problem, Tenant, Visitor};

use super::{LegalDocument, current};
use crate::App;

/// Lists the legal texts that count now, in the language of the request. It answers everybody.
#[utoipa::path(
    get,
    path = "/api/v1/legal",
    operation_id = "listLegalTexts",
    tag = "legal",
    security(()),
    params(Paging),
    responses((status = 200, description = "A page of documents, without their words.", body = Paged<LegalDocument>))
)]
pub(crate) async fn list_legal_texts(
    State(app): State<App>,
    Visitor(caller): Visitor,
    tenant: Tenant,
    Language(locale): Language,
    paging: Paging,
) -> Result<Localized<Paged<LegalDocument>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let (rows, app, application) = (app.store.bind(&caller), &app, tenant.application.name());
    let texts = rows.read(move |tx| async move { current(&tx, app, application, locale.tag()).await }).await?;
    Ok(Localized(locale, paging.cut(texts.iter().map(LegalDocument::from))))
}
