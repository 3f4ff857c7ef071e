//! The messages of a place with what the files say, what people wrote and what is published.

use std::collections::{BTreeMap, HashMap};

use banyan_http::Problem;
use banyan_kernel::{Timestamp, Uuid};
use banyan_locale::MessageText;
use banyan_store::Rows;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::entity::publication::Texts;
use crate::entity::translation::{Model, State};
use crate::error::TranslationsError;
use crate::exchange::UnitState;
use crate::glossary::{self, Word};
use crate::place::Place;
use crate::store::{publications, translations};

/// All of a place at one moment.
pub(crate) struct Sheet {
    pub(crate) place: Place,
    pub(crate) sources: BTreeMap<String, MessageText>,
    pub(crate) shipped: BTreeMap<String, MessageText>,
    pub(crate) rows: HashMap<String, Model>,
    /// What was published above the files.
    pub(crate) live: Texts,
}

/// Where a message stands in a locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TranslationStanding)]
pub(crate) enum Standing {
    /// Neither the files nor anybody has a text.
    Missing,
    /// The files have one, and nobody wrote another.
    Shipped,
    Draft,
    Review,
    Approved,
    Published,
}

impl Standing {
    pub(crate) fn unit(self) -> UnitState {
        match self {
            Self::Missing => UnitState::Missing,
            Self::Shipped => UnitState::Shipped,
            Self::Draft => UnitState::Draft,
            Self::Review => UnitState::Review,
            Self::Approved => UnitState::Approved,
            Self::Published => UnitState::Published,
        }
    }
}

impl From<State> for Standing {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::Review => Self::Review,
            State::Approved => Self::Approved,
            State::Published => Self::Published,
        }
    }
}

/// A message in a locale.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Translation {
    /// None for what belongs to no application.
    pub(crate) application: Option<String>,
    pub(crate) locale: String,
    pub(crate) key: String,
    /// The American English: the value in Fluent's syntax, and a line `.name = …` for each attribute.
    pub(crate) source: String,
    /// What the catalogue says about it.
    pub(crate) description: String,
    pub(crate) state: Standing,
    /// The American English has changed since it was translated.
    pub(crate) outdated: bool,
    /// What was translated, where it is outdated.
    pub(crate) previous_source: Option<String>,
    /// The latest text, published or not.
    pub(crate) text: Option<String>,
    /// What people see; none where they see a text of another language.
    pub(crate) shown: Option<String>,
    pub(crate) author_id: Option<Uuid>,
    pub(crate) reviewer_id: Option<Uuid>,
    /// Rises with each step; 0 where nobody has worked on it.
    pub(crate) version: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) updated_at: Option<Timestamp>,
    /// Words of the glossary that stand in the source and not in the text as they should, or with a word in their place that must not be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<GlossaryHit>,
}

/// A word of the glossary that stands in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlossaryHit {
    pub(crate) term: String,
    pub(crate) translation: String,
    pub(crate) note: Option<String>,
    /// What stands in the text and must not stand for the term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) avoided: Option<String>,
}

impl Sheet {
    pub(crate) async fn of(app: &App, rows: &Rows, place: Place) -> Result<Self, Problem> {
        let asked = &place;
        let read = rows.read(move |tx| async move {
            let last = publications::latest(&tx, asked).await?;
            Ok::<_, TranslationsError>((translations::all(&tx, asked).await?, last.map(|last| last.texts).unwrap_or_default()))
        });
        let (found, live) = read.await?;
        let (sources, shipped) = (place.sources(&app.catalogues), place.shipped(&app.catalogues));
        Ok(Self { place, sources, shipped, rows: found.into_iter().map(|row| (row.key.clone(), row)).collect(), live })
    }

    /// None for what the files do not have.
    pub(crate) fn line(&self, key: &str) -> Option<Translation> {
        let source = self.sources.get(key)?;
        Some(line(&self.place, key, source, self.shipped.get(key), self.rows.get(key), self.live.0.get(key)))
    }

    /// All of them, by name.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Translation> + '_ {
        self.sources.keys().filter_map(|key| self.line(key))
    }
}

pub(crate) fn line(
    place: &Place,
    key: &str,
    source: &MessageText,
    shipped: Option<&MessageText>,
    row: Option<&Model>,
    live: Option<&String>,
) -> Translation {
    let shipped = shipped.map(|shipped| &shipped.text);
    let outdated = row.is_some_and(|row| row.source != source.text);
    let state = match (row, shipped) {
        (Some(row), _) => row.state.into(),
        (None, Some(_)) => Standing::Shipped,
        (None, None) => Standing::Missing,
    };
    Translation {
        application: place.app().map(str::to_owned),
        locale: place.locale.tag().to_owned(),
        key: key.to_owned(),
        source: source.text.clone(),
        description: source.comment.clone(),
        state,
        outdated,
        previous_source: row.filter(|_| outdated).map(|row| row.source.clone()),
        text: row.map(|row| &row.text).or(shipped).cloned(),
        shown: live.or(shipped).cloned(),
        author_id: row.and_then(|row| row.author_id),
        reviewer_id: row.and_then(|row| row.reviewer_id),
        version: row.map_or(0, |row| row.version),
        updated_at: row.map(|row| Timestamp::from_micros(row.updated_at)),
        warnings: Vec::new(),
    }
}

/// What a text does with the words of the glossary.
pub(crate) fn warnings(glossary: &[Word], source: &str, text: &str) -> Vec<GlossaryHit> {
    let found = glossary::warnings(glossary, source, text);
    found.into_iter().map(|one| GlossaryHit { avoided: one.found.map(str::to_owned), ..GlossaryHit::from(one.word) }).collect()
}

impl From<&Word> for GlossaryHit {
    fn from(word: &Word) -> Self {
        let Word { term, translation, note, .. } = word.clone();
        Self { term, translation, note, avoided: None }
    }
}
