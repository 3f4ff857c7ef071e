//! `GET /api/v1/legal/{kind}`

use axum::extract::State;
use banyan_http::{Check, Json, Language, Localized, Path, Problem, Query, Tenant, Validate, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::LegalDocument;
use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::legal::in_language;
use crate::store::legal;

/// Which version.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// One that counts, counted, or will; the one that counts now if it is left out.
    #[param(minimum = 1)]
    number: Option<i64>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.range("number", self.number, 1, i64::MAX);
    }
}

/// A legal text with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LegalTextSheet {
    #[serde(flatten)]
    document: LegalDocument,
    /// Markdown.
    text: String,
}

/// Reads a legal text in the language of the request. It answers everybody.
#[utoipa::path(
    get,
    path = "/api/v1/legal/{kind}",
    operation_id = "getLegalText",
    tag = "legal",
    security(()),
    params(("kind" = String, Path, description = "`privacy`, `terms` or `consent`."), Which),
    responses(
        (status = 200, description = "The text.", body = LegalTextSheet),
        (status = 404, description = "There is no such text, or no such version of it.")
    )
)]
pub(crate) async fn get_legal_text(
    State(app): State<App>,
    Visitor(caller): Visitor,
    tenant: Tenant,
    Language(locale): Language,
    Path(kind): Path<Kind>,
    Query(which): Query<Which>,
) -> Result<Localized<Json<LegalTextSheet>>, Problem> {
    let (rows, app, application) = (app.store.bind(&caller), &app, tenant.application.name());
    let read = rows.read(move |tx| async move {
        let texts = match which.number {
            Some(number) => legal::published(&tx, &app.shelves, application, kind, number).await?,
            None => legal::current(&tx, &app.shelves, application, kind, tx.now()).await?,
        };
        in_language(&texts, locale.tag()).cloned().ok_or(ContentError::Missing)
    });
    let text = read.await?;
    Ok(Localized(locale, Json(LegalTextSheet { document: LegalDocument::from(&text), text: text.text })))
}
