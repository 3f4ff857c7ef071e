//! Legal texts as people read and accept them.

mod accept;
mod acceptances;
mod get;
mod list;
mod outstanding;
mod withdraw;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::moment;
use crate::App;
use crate::entity::legal_acceptance::Model;
use crate::entity::legal_text::Purpose;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::legal::{Text, in_language};
use crate::store::legal;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_legal_texts))
        .routes(routes!(outstanding::list_outstanding_legal_texts))
        .routes(routes!(acceptances::list_own_acceptances))
        .routes(routes!(get::get_legal_text))
        .routes(routes!(accept::accept_legal_text, withdraw::withdraw_acceptance))
}

/// A legal text that counts, without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "kind": "privacy", "number": 1, "language": "id-ID", "title": "Kebijakan Privasi", "effectiveAt": "2025-01-01T00:00:00Z",
    "purposes": []
}))]
pub(crate) struct LegalDocument {
    #[schema(inline)]
    kind: Kind,
    number: i64,
    /// BCP 47.
    language: String,
    title: String,
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// To what a person may agree, each for itself.
    purposes: Vec<Purpose>,
}

impl From<&Text> for LegalDocument {
    fn from(text: &Text) -> Self {
        Self {
            kind: text.kind,
            number: text.number,
            language: text.locale.clone(),
            title: text.title.clone(),
            effective_at: text.effective_at,
            purposes: text.purposes.clone(),
        }
    }
}

/// That a person accepted a legal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-00000000000c", "userId": "01941f29-7c00-7000-8000-0000000000aa", "kind": "consent", "number": 1,
    "language": "id-ID", "purposes": ["reminders"], "acceptedAt": "2025-01-02T08:00:00Z", "withdrawnAt": null
}))]
pub(crate) struct LegalAcceptance {
    id: Uuid,
    user_id: Uuid,
    #[schema(inline)]
    kind: Kind,
    number: i64,
    /// In which it was read, BCP 47.
    language: String,
    purposes: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    accepted_at: Timestamp,
    /// `null` while it counts.
    #[schema(value_type = Option<String>, format = DateTime)]
    withdrawn_at: Option<Timestamp>,
}

impl From<Model> for LegalAcceptance {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            kind: row.kind,
            number: row.number,
            language: row.locale,
            purposes: row.purposes.0,
            accepted_at: moment(row.accepted_at),
            withdrawn_at: row.withdrawn_at.map(moment),
        }
    }
}

/// The texts that count now, one a kind, in a language.
async fn current(tx: &Tx, app: &App, application: &str, locale: &str) -> Result<Vec<Text>, ContentError> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let texts = legal::current(tx, &app.shelves, application, kind, tx.now()).await?;
        found.extend(in_language(&texts, locale).cloned());
    }
    Ok(found)
}
