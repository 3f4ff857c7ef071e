//! The steps of a translation: `/api/v1/admin/translations/messages/{locale}/{key}/…`

use axum::extract::State;
use axum::response::Response;
use banyan_http::{Body, Check, Created, Once, Paged, Paging, Path, Preconditions, Problem, Query, Tenant, Validate};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::messages::{Whose, answer};
use super::sheet::{self, Sheet, Translation};
use super::who::{Reviewer, Writer};
use crate::App;
use crate::entity::step::{self, Act};
use crate::entity::translation;
use crate::error::TranslationsError;
use crate::place::place;
use crate::store::translations::{self, Step};
use crate::work::{self, Move};

/// Why a text goes back to its author.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TranslationRejection, example = json!({"reason": "Use Anda."}))]
pub(crate) struct Rejection {
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

impl Validate for Rejection {
    fn validate(&self, check: &mut Check) {
        check.text("reason", &self.reason).not_blank().length(1, 2_000).any();
    }
}

/// Something to say about a translation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"comment": "Shown on a small button: keep it short."}))]
pub(crate) struct NewComment {
    #[schema(min_length = 1, max_length = 2000)]
    comment: String,
}

impl Validate for NewComment {
    fn validate(&self, check: &mut Check) {
        check.text("comment", &self.comment).not_blank().length(1, 2_000).any();
    }
}

/// One step: who, what, when, why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TranslationStep {
    id: Uuid,
    act: Act,
    /// The state after it.
    state: translation::State,
    /// The text, where the step wrote one.
    text: Option<String>,
    /// The comment, or the reason.
    note: Option<String>,
    /// None: the command line.
    taken_by: Option<Uuid>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<step::Model> for TranslationStep {
    fn from(row: step::Model) -> Self {
        Self {
            id: row.id,
            act: row.act,
            state: row.state,
            text: row.text,
            note: row.note,
            taken_by: row.taken_by,
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// Says that a draft is ready to be looked at.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/request-review",
    operation_id = "requestTranslationReview",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose,
        Preconditions
    ),
    responses((status = 200, description = "The message as it is now.", body = Translation))
)]
pub(crate) async fn request_translation_review(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path(at): Path<(String, String)>,
    Query(whose): Query<Whose>,
    preconditions: Preconditions,
) -> Result<Response, Problem> {
    take(&app, &caller, &tenant, &at, &whose, Move::RequestReview, &preconditions).await
}

/// Approves a text that somebody else wrote. It is published with the next publication.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/approve",
    operation_id = "approveTranslation",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose,
        Preconditions
    ),
    responses((status = 200, description = "The message as it is now.", body = Translation))
)]
pub(crate) async fn approve_translation(
    State(app): State<App>,
    Reviewer(caller): Reviewer,
    tenant: Tenant,
    Path(at): Path<(String, String)>,
    Query(whose): Query<Whose>,
    preconditions: Preconditions,
) -> Result<Response, Problem> {
    take(&app, &caller, &tenant, &at, &whose, Move::Approve, &preconditions).await
}

/// Gives a text back to its author, with the reason.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/reject",
    operation_id = "rejectTranslation",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose,
        Preconditions
    ),
    request_body = Rejection,
    responses((status = 200, description = "The message as it is now.", body = Translation))
)]
pub(crate) async fn reject_translation(
    State(app): State<App>,
    Reviewer(caller): Reviewer,
    tenant: Tenant,
    Path(at): Path<(String, String)>,
    Query(whose): Query<Whose>,
    preconditions: Preconditions,
    Body(body): Body<Rejection>,
) -> Result<Response, Problem> {
    take(&app, &caller, &tenant, &at, &whose, Move::Reject(&body.reason), &preconditions).await
}

async fn take(
    app: &App,
    caller: &Caller,
    tenant: &Tenant,
    (locale, key): &(String, String),
    whose: &Whose,
    step: Move<'_>,
    preconditions: &Preconditions,
) -> Result<Response, Problem> {
    let place = place(app, tenant, whose.application.as_deref(), locale)?;
    let rows = app.store.bind(caller);
    let sheet = Sheet::of(app, &rows, place).await?;
    let source = sheet.sources.get(key).ok_or(TranslationsError::NoMessage)?;
    let (place, text) = (&sheet.place, &source.text);
    let taken = rows.write(move |tx: Tx| async move { work::take(&tx, place, key, text, step, preconditions).await });
    let row = taken.await?;
    let line = sheet::line(place, key, source, sheet.shipped.get(key), Some(&row), sheet.live.0.get(key));
    Ok(answer(Some(&row), line, StatusCode::OK))
}

/// Says something about a translation that somebody has begun.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/comments",
    operation_id = "commentTranslation",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose
    ),
    request_body = NewComment,
    responses((status = 201, description = "The comment, as a step.", body = TranslationStep))
)]
pub(crate) async fn comment_translation(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path((locale, key)): Path<(String, String)>,
    Query(whose): Query<Whose>,
    Once { key: once, body }: Once<NewComment>,
) -> Result<Created<TranslationStep>, Problem> {
    let place = place(&app, &tenant, whose.application.as_deref(), &locale)?;
    let (rows, place, name, body) = (app.store.bind(&caller), &place, &key, &body);
    let written = rows.write_once(once.as_ref(), move |tx: Tx| async move {
        let row = translations::find(&tx, place, name).await?.ok_or(TranslationsError::NoMessage)?;
        let step = Step { note: Some(&body.comment), ..Step::bare(Act::Commented) };
        Ok::<_, TranslationsError>(TranslationStep::from(translations::note(&tx, &row, &step).await?))
    });
    let path = format!("/api/v1/admin/translations/messages/{}/{}/steps", place.locale.tag(), key);
    Ok(Created::at(path, written.await?))
}

/// Lists what was done to a translation and said about it, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/steps",
    operation_id = "listTranslationSteps",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose,
        Paging
    ),
    responses((status = 200, description = "A page of steps.", body = Paged<TranslationStep>))
)]
pub(crate) async fn list_translation_steps(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path((locale, key)): Path<(String, String)>,
    Query(whose): Query<Whose>,
    paging: Paging,
) -> Result<Paged<TranslationStep>, Problem> {
    let place = place(&app, &tenant, whose.application.as_deref(), &locale)?;
    if !place.sources(&app.catalogues).contains_key(&key) {
        return Err(TranslationsError::NoMessage.into());
    }
    let (rows, place, name, asked) = (app.store.bind(&caller), &place, &key, &paging);
    let found = rows.read(move |tx| async move {
        match translations::find(&tx, place, name).await? {
            Some(row) => translations::steps(&tx, row.id, asked).await,
            None => translations::no_steps(asked),
        }
    });
    Ok(found.await?.map(TranslationStep::from))
}
