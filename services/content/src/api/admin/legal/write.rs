//! `PUT /api/v1/admin/legal/{kind}/versions/{number}/texts/{locale}`

use std::collections::BTreeSet;

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Path, Preconditions, Problem, Tagged, Tenant, Validate, permit};
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::LegalWords;
use crate::App;
use crate::api::tag;
use crate::entity::legal_text::Purpose;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::legal;

const LONGEST_TEXT: usize = 100_000;

/// The words of a draft in one language.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Kebijakan Privasi", "text": "## Data yang kami simpan\n\n…", "purposes": []}))]
pub(crate) struct LegalDraftText {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Markdown.
    #[schema(min_length = 1, max_length = 100_000)]
    text: String,
    /// Of a consent.
    #[serde(default)]
    #[schema(max_items = 50)]
    purposes: Vec<Purpose>,
}

impl Validate for LegalDraftText {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("text", &self.text).not_blank().length(1, LONGEST_TEXT).any();
        check.count("purposes", &self.purposes, 0, 50);
        check.each("purposes", &self.purposes, |check, purpose| {
            let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
            let plain = (1..=40).contains(&purpose.id.len()) && purpose.id.bytes().all(word);
            check.that(plain, "id", FieldError::new("purpose-id", "legal-field-purpose-id"));
            check.line("title", &purpose.title).not_blank().length(1, 200).any();
            check.text("text", &purpose.text).not_blank().length(1, 2_000).any();
        });
        let ids: BTreeSet<&str> = self.purposes.iter().map(|purpose| purpose.id.as_str()).collect();
        check.that(ids.len() == self.purposes.len(), "purposes", FieldError::duplicate());
    }
}

/// Writes the words of a draft in one language that the application offers. `If-Match` with the tag that was read keeps two writers from
/// overwriting one another.
#[utoipa::path(
    put,
    path = "/api/v1/admin/legal/{kind}/versions/{number}/texts/{locale}",
    operation_id = "writeLegalText",
    tag = "administration",
    params(
        ("kind" = String, Path, description = "`privacy`, `terms` or `consent`."),
        ("number" = i64, Path, description = "The draft."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    request_body = LegalDraftText,
    responses(
        (status = 200, description = "The words as they are now.", body = LegalWords),
        (status = 404, description = "There is no such version."),
        (status = 409, description = "It is published.")
    )
)]
pub(crate) async fn write_legal_text(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    preconditions: Preconditions,
    tenant: Tenant,
    Path((kind, number, locale)): Path<(Kind, i64, String)>,
    Body(words): Body<LegalDraftText>,
) -> Result<Tagged<LegalWords>, Problem> {
    let offered = app.offered(&tenant, &locale);
    let locale = offered.ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?.tag();
    let (rows, words, preconditions) = (app.store.bind(&caller), &words, &preconditions);
    let written = rows.write(move |tx| async move {
        let draft = legal::draft(&tx, kind, number).await?;
        let before = legal::rows(&tx, draft.id).await?.into_iter().find(|row| row.locale == locale);
        match &before {
            Some(row) => preconditions.allow(&tag(row.id, row.version))?,
            None => preconditions.allow_new()?,
        }
        let row = legal::write(&tx, draft.id, before.as_ref(), locale, &words.title, &words.text, &words.purposes).await?;
        let detail = json!({ "kind": kind, "number": number, "locale": locale });
        tx.audit(Record::new("legal.written").object("legal-version", draft.id).detail(detail));
        Ok::<_, ContentError>(row)
    });
    let row = written.await?;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}
