//! `POST /api/v1/admin/support/answers/preview`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Json, Problem, Tenant, Validate, permit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refusal;
use crate::App;
use crate::answers::{Facts, written};

/// An answer that is being written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"locale": "id-ID", "title": "Terima kasih", "body": "Yth. { $name },\n\nterima kasih atas pesan { $reference }."}))]
pub(crate) struct AnswerDraft {
    /// BCP 47: one that the application offers.
    #[schema(min_length = 1, max_length = 35)]
    locale: String,
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(min_length = 1, max_length = 10_000)]
    body: String,
}

impl Validate for AnswerDraft {
    fn validate(&self, check: &mut Check) {
        check.line("locale", &self.locale).length(1, 35).any();
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("body", &self.body).not_blank().length(1, 10_000).any();
    }
}

/// What the person would read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerPreview {
    title: String,
    body: String,
}

/// Shows what a person would read, with examples as values: `name`, `agent`, `reference`, `subject`, `brand`, `deadline` and `details`.
/// Nothing is kept.
#[utoipa::path(
    post,
    path = "/api/v1/admin/support/answers/preview",
    operation_id = "previewAnswer",
    tag = "administration",
    request_body = AnswerDraft,
    responses((status = 200, description = "The words.", body = AnswerPreview))
)]
pub(crate) async fn preview_answer(
    State(app): State<App>,
    Allowed { .. }: Allowed<permit::SupportHandle>,
    tenant: Tenant,
    Body(draft): Body<AnswerDraft>,
) -> Result<Json<AnswerPreview>, Problem> {
    let application = tenant.application.name();
    let offered = app.offered(&tenant, &draft.locale);
    let locale = offered.ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?;
    let messages = app.catalogues.messages(Some(application), locale).of_tenant(tenant.id);
    let example = Facts::example(messages, &tenant.application.manifest().brand.name);
    let words = written(locale, &draft.title, &draft.body, &example).map_err(|error| refusal("body", &error))?;
    Ok(Json(AnswerPreview { title: words.title, body: words.body }))
}
