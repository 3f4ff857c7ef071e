//! `/api/v1/admin/translations/messages`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use banyan_http::{Body, Check, Json, Language, Paged, Paging, Path, Preconditions, Problem, Query, Tagged, Tenant, Validate};
use banyan_store::Tx;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::sheet::{self, Sheet, Standing, Translation};
use super::who::Writer;
use crate::App;
use crate::entity::step::Act;
use crate::entity::translation;
use crate::error::TranslationsError;
use crate::place::place;
use crate::store::memory;
use crate::store::translations::{self, tag};
use crate::work::{self, Proposal};

/// Which messages are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichMessages {
    /// The language that is translated into: `id-ID`. Left out: that of the answer.
    pub(crate) locale: Option<String>,
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    pub(crate) application: Option<String>,
    #[param(inline)]
    pub(crate) state: Option<Standing>,
    /// Only those whose American English has changed since.
    pub(crate) outdated: Option<bool>,
    /// Text that the name, the American English or the translation has.
    #[param(max_length = 200)]
    pub(crate) search: Option<String>,
}

impl Validate for WhichMessages {
    fn validate(&self, check: &mut Check) {
        check.line("search", &self.search).length(1, 200).any();
    }
}

/// Whose message is meant.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    pub(crate) application: Option<String>,
}

impl Validate for Whose {}

/// A text for a message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"text": "Halo, { $name }!", "comment": "Formal, as elsewhere."}))]
pub(crate) struct NewText {
    /// In Fluent's syntax: the value, and a line `.name = …` for each attribute. It takes the same values and has the same attributes as
    /// the American English.
    #[schema(min_length = 1, max_length = 10000)]
    text: String,
    /// For those who look at it later.
    #[schema(min_length = 1, max_length = 2000)]
    comment: Option<String>,
}

impl Validate for NewText {
    fn validate(&self, check: &mut Check) {
        check.text("text", &self.text).not_blank().length(1, 10_000).any();
        check.text("comment", &self.comment).not_blank().length(1, 2_000).any();
    }
}

/// Lists messages with the American English, where they stand and what they say in a language, by name. `orderBy` is `key`, ascending.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/messages",
    operation_id = "listTranslations",
    tag = "translations",
    params(WhichMessages, Paging),
    responses((status = 200, description = "A page of messages.", body = Paged<Translation>))
)]
pub(crate) async fn list_translations(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Language(language): Language,
    Query(which): Query<WhichMessages>,
    paging: Paging,
) -> Result<Paged<Translation>, Problem> {
    paging.ordered_by(&[("key", ())])?;
    let place = place(&app, &tenant, which.application.as_deref(), which.locale.as_deref().unwrap_or(language.tag()))?;
    let sheet = Sheet::of(&app, &app.store.bind(&caller), place).await?;
    let search = which.search.as_deref().map(str::to_lowercase);
    let has = |text: &str| search.as_ref().is_none_or(|search| text.to_lowercase().contains(search));
    let wanted = |line: &Translation| {
        which.state.is_none_or(|state| state == line.state)
            && which.outdated.is_none_or(|outdated| outdated == line.outdated)
            && (has(&line.key) || has(&line.source) || line.text.as_deref().is_some_and(&has))
    };
    let lines: Vec<Translation> = sheet.lines().filter(wanted).collect();
    Ok(paging.cut(lines.into_iter()))
}

/// Gives one message. `ETag` is there where somebody has worked on it; a change then needs it as `If-Match`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/messages/{locale}/{key}",
    operation_id = "getTranslation",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language: `id-ID`."),
        ("key" = String, Path, description = "The message's name."),
        Whose
    ),
    responses((status = 200, description = "The message.", body = Translation))
)]
pub(crate) async fn get_translation(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path((locale, key)): Path<(String, String)>,
    Query(whose): Query<Whose>,
) -> Result<Response, Problem> {
    let place = place(&app, &tenant, whose.application.as_deref(), &locale)?;
    let sheet = Sheet::of(&app, &app.store.bind(&caller), place).await?;
    let line = sheet.line(&key).ok_or(TranslationsError::NoMessage)?;
    Ok(answer(sheet.rows.get(&key), line, StatusCode::OK))
}

/// Proposes a text. Where one is there already, `If-Match` must name the state that was seen. It is a draft, whatever was there before;
/// what is published stays until the new text is.
#[utoipa::path(
    put,
    path = "/api/v1/admin/translations/messages/{locale}/{key}",
    operation_id = "proposeTranslation",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language: `id-ID`."),
        ("key" = String, Path, description = "The message's name."),
        Whose,
        Preconditions
    ),
    request_body = NewText,
    responses(
        (status = 200, description = "The message as it is now.", body = Translation),
        (status = 201, description = "The message with its first text.", body = Translation)
    )
)]
pub(crate) async fn propose_translation(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path((locale, key)): Path<(String, String)>,
    Query(whose): Query<Whose>,
    preconditions: Preconditions,
    Body(new): Body<NewText>,
) -> Result<Response, Problem> {
    let place = place(&app, &tenant, whose.application.as_deref(), &locale)?;
    let rows = app.store.bind(&caller);
    let sheet = Sheet::of(&app, &rows, place).await?;
    let source = sheet.sources.get(&key).ok_or(TranslationsError::NoMessage)?;
    let examined = app.catalogues.examine(sheet.place.app(), sheet.place.locale, &key, &new.text);
    let text = examined.map_err(TranslationsError::Text)?;
    let proposal = Proposal {
        key: &key,
        text: &text,
        source: &source.text,
        act: Act::Proposed,
        state: translation::State::Draft,
        note: new.comment.as_deref(),
    };
    let (proposal, preconditions, place) = (&proposal, &preconditions, &sheet.place);
    let written = rows.write(move |tx: Tx| async move {
        let present = translations::locked(&tx, place, proposal.key).await?;
        match &present {
            Some(row) => preconditions.require(&tag(row))?,
            None => preconditions.allow_new()?,
        }
        let row = work::propose(&tx, place, present, proposal).await?;
        Ok::<_, TranslationsError>((row, memory::terms(&tx, place.locale.tag()).await?))
    });
    let (row, terms) = written.await?;
    let mut line = sheet::line(place, &key, source, sheet.shipped.get(&key), Some(&row), sheet.live.0.get(&key));
    let glossary = app.house_words.with(terms, place.locale.tag());
    line.warnings = sheet::warnings(&glossary, &source.text, &text);
    let status = if row.version == 1 { StatusCode::CREATED } else { StatusCode::OK };
    Ok(answer(Some(&row), line, status))
}

pub(super) fn answer(row: Option<&translation::Model>, line: Translation, status: StatusCode) -> Response {
    match row {
        Some(row) => (status, Tagged::new(tag(row), line)).into_response(),
        None => (status, Json(line)).into_response(),
    }
}
