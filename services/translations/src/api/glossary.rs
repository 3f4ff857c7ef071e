//! `/api/v1/admin/translations/glossary`

use axum::extract::State;
use banyan_http::{Check, Created, FieldError, Language, NoContent, Once, Paged, Paging, Path, Problem, Query, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::who::{Reviewer, Writer};
use crate::App;
use crate::entity::term::Model;
use crate::error::TranslationsError;
use crate::glossary::Word;
use crate::place::locale_of;
use crate::store::memory;

/// Which words are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichTerms {
    /// Of one language.
    locale: Option<String>,
}

impl Validate for WhichTerms {}

/// A word and how it is always translated.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"locale": "id-ID", "term": "goal", "translation": "tujuan", "note": "Not “sasaran”."}))]
pub(crate) struct NewTerm {
    /// The language that is translated into.
    locale: String,
    /// In American English.
    #[schema(min_length = 1, max_length = 100)]
    term: String,
    #[schema(min_length = 1, max_length = 100)]
    translation: String,
    #[schema(min_length = 1, max_length = 500)]
    note: Option<String>,
}

impl Validate for NewTerm {
    fn validate(&self, check: &mut Check) {
        check.line("term", &self.term).not_blank().length(1, 100).any();
        check.line("translation", &self.translation).not_blank().length(1, 100).any();
        check.text("note", &self.note).not_blank().length(1, 500).any();
        // Punctuation alone would stand in every text.
        check.that(self.term.chars().any(char::is_alphanumeric), "term", FieldError::blank());
    }
}

/// A word of the glossary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlossaryTerm {
    id: Uuid,
    locale: String,
    term: String,
    translation: String,
    note: Option<String>,
    created_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for GlossaryTerm {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            locale: row.locale,
            term: row.term,
            translation: row.translation,
            note: row.note,
            created_by: row.created_by,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// Lists the words of the glossary. `orderBy` is one of `term` (the default), `createdAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/glossary",
    operation_id = "listGlossaryTerms",
    tag = "translations",
    params(WhichTerms, Paging),
    responses((status = 200, description = "A page of words.", body = Paged<GlossaryTerm>))
)]
pub(crate) async fn list_terms(
    State(app): State<App>,
    Writer(caller): Writer,
    Query(which): Query<WhichTerms>,
    paging: Paging,
) -> Result<Paged<GlossaryTerm>, Problem> {
    let (rows, which, asked) = (app.store.bind(&caller), &which, &paging);
    let found = rows.read(move |tx| async move { memory::list_terms(&tx, which.locale.as_deref(), asked).await });
    Ok(found.await?.map(GlossaryTerm::from))
}

/// A word of the glossary of the house, which all tenants begin with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HouseTerm {
    locale: String,
    term: String,
    translation: String,
    note: Option<String>,
    /// Words that must not stand for it.
    avoid: Vec<String>,
    /// A good translation may do without it.
    may_be_left_out: bool,
}

/// Which of the house's words are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichHouseTerms {
    /// The language. Left out: that of the answer.
    locale: Option<String>,
}

impl Validate for WhichHouseTerms {}

/// Lists the words that every tenant's glossary begins with. A tenant's own word goes before the house's for the same term.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/glossary/house",
    operation_id = "listHouseTerms",
    tag = "translations",
    params(WhichHouseTerms, Paging),
    responses((status = 200, description = "A page of words.", body = Paged<HouseTerm>))
)]
pub(crate) async fn list_house_terms(
    State(app): State<App>,
    Writer(_caller): Writer,
    Language(language): Language,
    Query(which): Query<WhichHouseTerms>,
    paging: Paging,
) -> Result<Paged<HouseTerm>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let locale = which.locale.as_deref().unwrap_or(language.tag());
    let line = |word: &Word| {
        let Word { term, translation, note, avoid, may_be_left_out } = word.clone();
        HouseTerm { locale: locale.to_owned(), term, translation, note, avoid, may_be_left_out }
    };
    Ok(paging.cut(app.house_words.of(locale).iter().map(line)))
}

/// Adds a word to the glossary. Translations that do without it get a warning.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/glossary",
    operation_id = "addGlossaryTerm",
    tag = "translations",
    request_body = NewTerm,
    responses((status = 201, description = "The word.", body = GlossaryTerm))
)]
pub(crate) async fn add_term(
    State(app): State<App>,
    Reviewer(caller): Reviewer,
    Once { key, body }: Once<NewTerm>,
) -> Result<Created<GlossaryTerm>, Problem> {
    let locale = locale_of(&app.catalogues, &body.locale).ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?;
    let (rows, body) = (app.store.bind(&caller), &body);
    let added = rows.write_once(key.as_ref(), move |tx: Tx| async move {
        let row = Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            locale: locale.tag().to_owned(),
            term: body.term.trim().to_owned(),
            translation: body.translation.trim().to_owned(),
            note: body.note.clone(),
            created_by: tx.caller().user_id(),
            created_at: tx.now().micros(),
        };
        let row = memory::add_term(&tx, row).await?;
        tx.audit(Record::new("glossary.added").object("term", row.id).detail(json!({ "term": row.term, "locale": row.locale })));
        Ok::<_, TranslationsError>(GlossaryTerm::from(row))
    });
    let added = added.await?;
    Ok(Created::at(format!("/api/v1/admin/translations/glossary/{}", added.id), added))
}

/// Removes a word from the glossary.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/translations/glossary/{id}",
    operation_id = "removeGlossaryTerm",
    tag = "translations",
    params(("id" = Uuid, Path, description = "The word.")),
    responses((status = 204, description = "It is removed."))
)]
pub(crate) async fn remove_term(
    State(app): State<App>,
    Reviewer(caller): Reviewer,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx: Tx| async move {
        memory::remove_term(&tx, id).await?;
        tx.audit(Record::new("glossary.removed").object("term", id));
        Ok::<_, TranslationsError>(())
    });
    removed.await?;
    Ok(NoContent)
}
