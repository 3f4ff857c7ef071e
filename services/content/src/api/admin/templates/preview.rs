//! `POST /api/v1/admin/content/templates/preview`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Json, Problem, Tenant, Validate, permit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::App;

/// A text that is being written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContentTemplateDraft, example = json!({"locale": "id-ID", "title": "Halaman pertama", "body": "Tulislah tiga kalimat di { $brand }."}))]
pub(crate) struct TemplateDraft {
    /// BCP 47: one that the application offers.
    #[schema(min_length = 1, max_length = 35)]
    locale: String,
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(min_length = 1, max_length = 5_000)]
    body: String,
}

impl Validate for TemplateDraft {
    fn validate(&self, check: &mut Check) {
        check.line("locale", &self.locale).length(1, 35).any();
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("body", &self.body).not_blank().length(1, 5_000).any();
    }
}

/// What people would read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContentTemplatePreview)]
pub(crate) struct TemplatePreview {
    title: String,
    body: String,
}

/// Shows what people would read. Nothing is kept.
#[utoipa::path(
    post,
    path = "/api/v1/admin/content/templates/preview",
    operation_id = "previewTemplateText",
    tag = "administration",
    request_body = TemplateDraft,
    responses((status = 200, description = "The words.", body = TemplatePreview))
)]
pub(crate) async fn preview_template_text(
    State(app): State<App>,
    _allowed: Allowed<permit::ContentManage>,
    tenant: Tenant,
    Body(draft): Body<TemplateDraft>,
) -> Result<Json<TemplatePreview>, Problem> {
    let offered = app.offered(&tenant, &draft.locale);
    let locale = offered.ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?;
    let (title, body) = words(locale, &tenant.application.manifest().brand.name, &draft.title, &draft.body)?;
    Ok(Json(TemplatePreview { title, body }))
}
