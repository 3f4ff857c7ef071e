//! `GET /api/v1/legal/outstanding`

use axum::extract::State;
use banyan_http::{Language, Localized, Paged, Paging, Problem, SignedIn, Tenant};

use super::{LegalDocument, current};
use crate::App;
use crate::error::ContentError;
use crate::store::acceptances;

/// Lists the legal texts that count now and on which the caller has not decided in this version.
#[utoipa::path(
    get,
    path = "/api/v1/legal/outstanding",
    operation_id = "listOutstandingLegalTexts",
    tag = "legal",
    params(Paging),
    responses((status = 200, description = "A page of documents, without their words.", body = Paged<LegalDocument>))
)]
pub(crate) async fn list_outstanding_legal_texts(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    paging: Paging,
) -> Result<Localized<Paged<LegalDocument>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let user = caller.require_user()?;
    let (rows, app, application) = (app.store.bind(&caller), &app, tenant.application.name());
    let read = rows.read(move |tx| async move {
        let mut texts = current(&tx, app, application, locale.tag()).await?;
        let decided = acceptances::standing_of(&tx, user).await?;
        texts.retain(|text| !decided.iter().any(|row| row.kind == text.kind && row.number == text.number));
        Ok::<_, ContentError>(texts)
    });
    let texts = read.await?;
    Ok(Localized(locale, paging.cut(texts.iter().map(LegalDocument::from))))
}
