//! Answers that are sent again and again, in each language.

mod list;
mod preview;
mod put;
mod remove;

use banyan_http::{Check, FieldError, Problem};
use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::answers::AnswerError;
use crate::api::moment;
use crate::entity::answer::Model;
use banyan_locale::PatternError;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_answers))
        .routes(routes!(preview::preview_answer))
        .routes(routes!(put::put_answer, remove::remove_answer))
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SupportAnswerSource)]
pub(crate) enum Source {
    /// The catalogues.
    File,
    /// The tenant's own.
    Tenant,
}

/// An answer in one language, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "key": "thanks", "locale": "id-ID", "source": "tenant", "title": "Terima kasih", "body": "Yth. { $name },\n\nterima kasih.",
    "version": 1, "updatedAt": "2025-01-02T08:00:00Z"
}))]
pub(crate) struct SupportAnswer {
    key: String,
    /// BCP 47.
    locale: String,
    #[schema(inline)]
    source: Source,
    title: String,
    /// Of the tenant's own: with its places for values. Of the catalogues: with examples in them.
    body: String,
    /// `null` for one of the catalogues.
    version: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl From<Model> for SupportAnswer {
    fn from(row: Model) -> Self {
        Self {
            key: row.key,
            locale: row.locale,
            source: Source::Tenant,
            title: row.title,
            body: row.body,
            version: Some(row.version),
            updated_at: Some(moment(row.updated_at)),
        }
    }
}

/// A key: lower-case words joined by hyphens.
pub(super) fn checked_key(check: &mut Check, field: &str, key: Option<&str>) {
    let Some(key) = key else { return };
    let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let fits = (1..=60).contains(&key.len()) && plain && key.starts_with(|c: char| c.is_ascii_lowercase());
    check.that(fits, field, FieldError::new("answer-key", "support-field-answer-key"));
}

/// Why an answer cannot be written, for the one who asked.
pub(super) fn refusal(field: &'static str, error: &AnswerError) -> Problem {
    let error = match error {
        AnswerError::Unknown => FieldError::new("answer-unknown", "support-field-answer-unknown"),
        AnswerError::Incomplete(missing) if missing.values.is_empty() => {
            FieldError::new("answer-unknown", "support-field-answer-unknown")
        }
        AnswerError::Incomplete(missing) => {
            FieldError::new("values-missing", "support-field-values-missing").with("values", missing.values.join(", "))
        }
        AnswerError::Pattern(PatternError::Syntax(_)) => FieldError::new("pattern", "support-field-pattern"),
        AnswerError::Pattern(PatternError::Unknown(name)) => {
            FieldError::new("value-unknown", "support-field-value-unknown").with("name", name.clone())
        }
        AnswerError::Pattern(PatternError::Reference(name)) => {
            FieldError::new("reference", "support-field-reference").with("name", name.clone())
        }
    };
    Problem::invalid(field, error)
}
