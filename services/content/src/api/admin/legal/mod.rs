//! Legal texts of a tenant's own: drafts, publication, and who accepted what.

mod acceptances;
mod begin;
mod get;
mod list;
mod publish;
mod remove;
mod write;

use banyan_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::api::moment;
use crate::entity::legal_text;
use crate::entity::legal_text::Purpose;
use crate::entity::legal_version::{Kind, Model, State};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_legal_versions))
        .routes(routes!(acceptances::list_all_acceptances))
        .routes(routes!(begin::begin_legal_version))
        .routes(routes!(get::get_legal_version, remove::remove_legal_draft))
        .routes(routes!(write::write_legal_text))
        .routes(routes!(publish::publish_legal_version))
}

/// A version of a legal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "kind": "privacy", "number": 2, "state": "draft", "effectiveAt": null, "publishedAt": null, "createdAt": "2025-01-02T08:00:00Z",
    "version": 1
}))]
pub(crate) struct LegalVersion {
    #[schema(inline)]
    kind: Kind,
    number: i64,
    #[schema(inline)]
    state: State,
    /// From when it counts; `null` for a draft.
    #[schema(value_type = Option<String>, format = DateTime)]
    effective_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    version: i64,
}

impl From<&Model> for LegalVersion {
    fn from(row: &Model) -> Self {
        Self {
            kind: row.kind,
            number: row.number,
            state: row.state,
            effective_at: row.effective_at.map(moment),
            published_at: row.published_at.map(moment),
            created_at: moment(row.created_at),
            version: row.version,
        }
    }
}

/// A version's words in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegalWords {
    /// BCP 47.
    locale: String,
    title: String,
    /// Markdown.
    text: String,
    purposes: Vec<Purpose>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    version: i64,
}

impl From<legal_text::Model> for LegalWords {
    fn from(row: legal_text::Model) -> Self {
        Self {
            locale: row.locale,
            title: row.title,
            text: row.text,
            purposes: row.purposes.0,
            updated_at: moment(row.updated_at),
            version: row.version,
        }
    }
}
