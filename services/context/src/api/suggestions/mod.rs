//! What the engine proposes.

mod accept;
mod dismiss;
mod get;
mod list;

use banyan_http::{Language, Localized, Problem, Tenant};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_locale::{Args, Messages};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::moment;
use crate::App;
use crate::engine::{ModelInfo, Reason};
use crate::entity::suggestion::Model;
use crate::error::ContextError;
use crate::model::{SuggestionKind, SuggestionState};
use crate::store::tastes::Tastes;
use crate::store::{sessions, suggestions, tastes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_context_suggestions))
        .routes(routes!(get::get_context_suggestion))
        .routes(routes!(accept::accept_context_suggestion))
        .routes(routes!(dismiss::dismiss_context_suggestion))
}

/// Something that the engine proposes, in the language of the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000031", "kind": "schedule", "state": "open",
    "text": "“Budget” names 2025-03-12. Make it an event, so that nobody forgets.", "score": 0.6, "rank": 0.4,
    "itemIds": ["01941f29-7c00-7000-8000-000000000022"],
    "reasons": [{"kind": "entity", "text": "2025-03-12", "weight": 0.6}], "answeredBy": null, "answerReason": null,
    "model": {"model": "banyan-context-basic", "version": "1", "source": "built-in"}, "createdAt": "2025-01-02T08:00:00Z",
    "expiresAt": "2025-01-16T08:00:00Z"
}))]
pub(crate) struct ContextSuggestion {
    id: Uuid,
    #[schema(inline)]
    kind: SuggestionKind,
    #[schema(inline)]
    state: SuggestionState,
    text: String,
    /// How sure the engine is, 0 to 1.
    score: f64,
    /// By what the list is ordered: the score times how much the caller took of this kind until now (0.5 where nothing is known).
    rank: f64,
    /// The items that it rests on.
    item_ids: Vec<Uuid>,
    /// Why it is proposed, and how much each reason counts.
    reasons: Vec<Reason>,
    /// Who said what it was worth.
    answered_by: Option<Uuid>,
    answer_reason: Option<String>,
    #[schema(inline)]
    model: ModelInfo,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl ContextSuggestion {
    fn of(row: Model, messages: Messages<'_>, tastes: &Tastes) -> Self {
        let id = format!("context-suggestion-{}", row.kind.word());
        let args = row.arguments.0.iter().fold(Args::new(), |args, (name, text)| args.text(name, text));
        let text = messages.find(&id, &args).map(std::borrow::Cow::into_owned).unwrap_or_default();
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            text,
            score: row.score,
            rank: row.score * tastes.mean(row.kind),
            item_ids: row.reasons.items,
            reasons: row.reasons.reasons,
            answered_by: row.answered_by,
            answer_reason: row.answer_reason,
            model: ModelInfo { model: row.model, version: row.model_version, source: row.source },
            created_at: moment(row.created_at),
            expires_at: moment(row.expires_at),
        }
    }
}

/// In whose words suggestions are told.
struct Reader<'r> {
    app: &'r App,
    tenant: &'r Tenant,
    language: Language,
}

impl Reader<'_> {
    fn messages(&self) -> Messages<'_> {
        self.app.catalogues.messages(Some(self.tenant.application.name()), self.language.0).of_tenant(self.tenant.id)
    }

    /// Says what a suggestion was worth, for those who may write.
    async fn answer(
        &self,
        caller: &Caller,
        (session, id): (Uuid, Uuid),
        answer: SuggestionState,
        reason: Option<&str>,
    ) -> Result<Localized<axum::Json<ContextSuggestion>>, Problem> {
        let user = caller.require_user()?;
        let rows = self.app.store.bind(caller);
        let answered = rows.write(move |tx| async move {
            sessions::writable(&tx, session).await?;
            let before = suggestions::visible(&tx, session, id).await?;
            let after = suggestions::answer(&tx, user, before, answer, reason).await?;
            Ok::<_, ContextError>((after, tastes::of_person(&tx, user).await?))
        });
        let (row, tastes) = answered.await?;
        Ok(Localized(self.language.0, axum::Json(ContextSuggestion::of(row, self.messages(), &tastes))))
    }
}
