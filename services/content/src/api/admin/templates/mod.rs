//! Templates of an application as those who run a tenant see and change them, in each language.

mod history;
mod list;
mod preview;
mod put;
mod remove;

use banyan_http::{Check, FieldError, Problem, Tenant};
use banyan_kernel::{Timestamp, Uuid};
use banyan_locale::{Locale, PatternError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::api::moment;
use crate::entity::template_text::Model;
use crate::own_texts;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_all_templates))
        .routes(routes!(preview::preview_template_text))
        .routes(routes!(put::put_template_text, remove::remove_template_text))
        .routes(routes!(history::list_template_history))
}

/// A template's text as somebody wrote it for a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContentTemplateText, example = json!({
    "template": "first-page", "locale": "id-ID", "number": 1, "title": "Halaman pertama", "body": "Tulislah tiga kalimat.",
    "authorId": "01941f29-7c00-7000-8000-0000000000bb", "createdAt": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct TemplateText {
    template: String,
    /// BCP 47.
    locale: String,
    /// Counts the changes of this template in this language.
    number: i64,
    /// `null` where the application's own was taken back.
    title: Option<String>,
    body: Option<String>,
    author_id: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for TemplateText {
    fn from(row: Model) -> Self {
        Self {
            template: row.template,
            locale: row.locale,
            number: row.number,
            title: row.title,
            body: row.body,
            author_id: row.author_id,
            created_at: moment(row.created_at),
        }
    }
}

/// A text that somebody writes, in Fluent's syntax with `{ $brand }` as its one value.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewContentTemplateText, example = json!({"title": "Halaman pertama", "body": "Tulislah tiga kalimat tentang hari ini di { $brand }."}))]
pub(crate) struct NewTemplateText {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[schema(min_length = 1, max_length = 5_000)]
    body: String,
}

impl banyan_http::Validate for NewTemplateText {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("body", &self.body).not_blank().length(1, 5_000).any();
    }
}

/// What people would read.
///
/// # Errors
/// 422 with the field that cannot be written.
fn words(locale: Locale, brand: &str, title: &str, body: &str) -> Result<(String, String), Problem> {
    let title = own_texts::write(locale, brand, title).map_err(|error| refusal("title", &error))?;
    let body = own_texts::write(locale, brand, body).map_err(|error| refusal("body", &error))?;
    Ok((title, body))
}

fn refusal(field: &'static str, error: &PatternError) -> Problem {
    let error = match error {
        PatternError::Syntax(_) => FieldError::new("pattern", "content-field-pattern"),
        PatternError::Unknown(name) => FieldError::new("value-unknown", "content-field-value-unknown").with("name", name.clone()),
        PatternError::Reference(name) => FieldError::new("reference", "content-field-reference").with("name", name.clone()),
    };
    Problem::invalid(field, error)
}

/// # Errors
/// 404 for a template that the application does not have, 422 for a language that it does not offer.
fn named(app: &App, tenant: &Tenant, template: &str, locale: &str) -> Result<Locale, Problem> {
    let known =
        app.libraries.of(tenant.application.name()).is_some_and(|library| library.templates.iter().any(|one| one.id == template));
    if !known {
        return Err(crate::ContentError::Missing.into());
    }
    app.offered(tenant, locale).ok_or_else(|| Problem::invalid("locale", FieldError::locale()))
}
