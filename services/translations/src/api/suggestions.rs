//! `GET /api/v1/admin/translations/messages/{locale}/{key}/suggestions`

use axum::extract::State;
use banyan_http::{Json, Path, Problem, Query, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::Whose;
use super::sheet::{GlossaryHit, Sheet};
use super::who::Writer;
use crate::App;
use crate::error::TranslationsError;
use crate::glossary::hits;
use crate::likeness::{LEAST, likeness};
use crate::place::place;
use crate::store::memory;

/// More help nobody.
const MOST: usize = 5;

/// What was said before for the same or something like it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Suggestions {
    /// The likest first.
    suggestions: Vec<Suggestion>,
    /// The words of the glossary that stand in the American English.
    glossary: Vec<GlossaryHit>,
}

/// A text that may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Suggestion {
    text: String,
    /// The American English that it translates.
    source: String,
    /// How much that is like this one, in per cent; 100 is the very same.
    likeness: u32,
    #[schema(inline)]
    origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// It was approved here.
    Memory,
    /// The files have it, for another message.
    Catalogue,
    /// Nobody has looked at it.
    Machine,
}

/// Suggests texts: earlier translations of the same American English or of something like it, the words of the glossary, and what a
/// machine says, where one is set.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/messages/{locale}/{key}/suggestions",
    operation_id = "suggestTranslations",
    tag = "translations",
    params(
        ("locale" = String, Path, description = "The language."),
        ("key" = String, Path, description = "The message's name."),
        Whose
    ),
    responses((status = 200, description = "What may help.", body = Suggestions))
)]
pub(crate) async fn suggest_translations(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Path((locale, key)): Path<(String, String)>,
    Query(whose): Query<Whose>,
) -> Result<Json<Suggestions>, Problem> {
    let place = place(&app, &tenant, whose.application.as_deref(), &locale)?;
    let rows = app.store.bind(&caller);
    let sheet = Sheet::of(&app, &rows, place).await?;
    let source = &sheet.sources.get(&key).ok_or(TranslationsError::NoMessage)?.text;
    let tag = sheet.place.locale.tag();
    let read = rows.read(move |tx| async move {
        Ok::<_, TranslationsError>((memory::remembered(&tx, tag).await?, memory::terms(&tx, tag).await?))
    });
    let (remembered, terms) = read.await?;
    let remembered = remembered.iter().map(|row| (Origin::Memory, row.source.as_str(), row.text.as_str()));
    let others = sheet.shipped.iter().filter(|(other, _)| **other != key).filter_map(|(other, text)| {
        let source = sheet.sources.get(other)?;
        Some((Origin::Catalogue, source.text.as_str(), text.text.as_str()))
    });
    let mut found: Vec<Suggestion> = Vec::new();
    for (origin, other, text) in remembered.chain(others) {
        // Lengths that differ this much cannot be like enough.
        let (shorter, longer) = (source.len().min(other.len()), source.len().max(other.len()));
        if shorter * 3 < longer || found.iter().any(|known| known.text == text && known.source == other) {
            continue;
        }
        let likeness = likeness(source, other);
        if likeness >= LEAST {
            found.push(Suggestion { text: text.to_owned(), source: other.to_owned(), likeness, origin });
        }
    }
    found.sort_by_key(|one| std::cmp::Reverse(one.likeness));
    found.truncate(MOST);
    if let Some(machine) = &app.machine
        && let Some(text) = machine.translate(caller.tenant, &key, source, sheet.place.locale).await
        && app.catalogues.examine(sheet.place.app(), sheet.place.locale, &key, &text).is_ok()
    {
        found.push(Suggestion { text, source: source.clone(), likeness: 100, origin: Origin::Machine });
    }
    let glossary = hits(&app.house_words.with(terms, tag), source).map(GlossaryHit::from).collect();
    Ok(Json(Suggestions { suggestions: found, glossary }))
}
