//! `POST /api/v1/admin/legal/{kind}/versions/{number}/publish`

use axum::extract::State;
use banyan_contracts::content::LegalTextPublished;
use banyan_http::{Allowed, Body, FieldError, Json, Path, Problem, Tenant, Validate, permit};
use banyan_kernel::Timestamp;
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::LegalVersion;
use crate::App;
use crate::entity::legal_text;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::legal;

/// From when it counts.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LegalPublication, example = json!({"effectiveAt": null}))]
pub(crate) struct Publication {
    /// RFC 3339, not before now; at once if it is left out or `null`.
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Timestamp>,
}

impl Validate for Publication {}

/// Publishes a draft. It must have its words in every language that the application offers, with the same purposes. From its date on it is
/// what counts, everybody is asked to accept it, and nobody can change it any more.
#[utoipa::path(
    post,
    path = "/api/v1/admin/legal/{kind}/versions/{number}/publish",
    operation_id = "publishLegalVersion",
    tag = "administration",
    params(
        ("kind" = String, Path, description = "`privacy`, `terms` or `consent`."),
        ("number" = i64, Path, description = "The draft.")
    ),
    request_body = Publication,
    responses(
        (status = 200, description = "The version.", body = LegalVersion),
        (status = 404, description = "There is no such version."),
        (status = 409, description = "It is published already, or a language is missing, or purposes differ.")
    )
)]
pub(crate) async fn publish_legal_version(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    tenant: Tenant,
    Path((kind, number)): Path<(Kind, i64)>,
    Body(publication): Body<Publication>,
) -> Result<Json<LegalVersion>, Problem> {
    let (rows, offered) = (app.store.bind(&caller), &tenant.application.manifest().locales);
    let published = rows.write(move |tx| async move {
        let draft = legal::draft(&tx, kind, number).await?;
        let effective_at = publication.effective_at.unwrap_or_else(|| tx.now());
        if effective_at < tx.now() {
            let error = FieldError::new("too-early", "legal-field-too-early");
            return Err(ContentError::Field { field: "effectiveAt", error });
        }
        check_whole(&legal::rows(&tx, draft.id).await?, offered)?;
        let row = legal::publish(&tx, &draft, effective_at).await?;
        tx.publish(&LegalTextPublished { kind: kind.word().to_owned(), number, effective_at }).await?;
        let detail = json!({ "kind": kind, "number": number, "effectiveAt": effective_at });
        tx.audit(Record::new("legal.published").object("legal-version", row.id).detail(detail));
        Ok::<_, ContentError>(row)
    });
    Ok(Json(LegalVersion::from(&published.await?)))
}

fn check_whole(texts: &[legal_text::Model], offered: &[String]) -> Result<(), ContentError> {
    if offered.iter().any(|tag| !texts.iter().any(|text| text.locale == *tag)) {
        return Err(ContentError::Conflict("legal-language-missing"));
    }
    let outline = |text: &legal_text::Model| -> Vec<(String, bool)> {
        text.purposes.0.iter().map(|purpose| (purpose.id.clone(), purpose.required)).collect()
    };
    if texts.windows(2).any(|two| outline(&two[0]) != outline(&two[1])) {
        return Err(ContentError::Conflict("legal-purposes-differ"));
    }
    Ok(())
}
