//! What the engine makes of items: normalise, extract, relate, suggest. Each step is a trait, so that a model can take its place; the ones here
//! are plain algorithms that need nothing but the text.

mod amounts;
mod dates;
mod entities;
mod phrases;
#[cfg(test)]
mod properties;
mod relate;
mod score;
mod stop_words;
mod suggest;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use banyan_http::words;
use banyan_kernel::{Timestamp, Uuid};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use relate::Relation;
pub(crate) use score::{decayed, mean_of};
pub use suggest::Proposal;

/// More text of an item than this is not looked at, in bytes.
pub(crate) const MOST_TEXT: usize = 64 * 1024;

words! {
    /// What a name in a text stands for. Stored: never rename one.
    pub EntityKind as ContextEntityKind {
        Date = "date",
        /// A sum of money.
        Amount = "amount",
        Email = "email",
        Link = "link",
        /// Street and number.
        Address = "address",
        Hashtag = "hashtag",
        /// `@somebody`
        Mention = "mention",
        /// Of a person, a place or a thing, by its capitals.
        Name = "name",
    }
}

/// Which model has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContextModel, example = json!({"model": "banyan-context-basic", "version": "1", "source": "built-in"}))]
pub struct ModelInfo {
    pub model: String,
    pub version: String,
    /// `built-in`, or where the model runs.
    pub source: String,
}

/// Words that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ContextPhrase)]
pub struct Phrase {
    /// In lower case.
    pub text: String,
    /// Above 0; comparable within one item only.
    pub weight: f64,
}

/// A name in a text, with what it means where that can be said alike: `2025-03-12`, `IDR 1500000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = ContextEntity)]
pub struct Entity {
    #[schema(inline)]
    pub kind: EntityKind,
    /// As it is written, on one line.
    pub text: String,
    /// Equal for what is written differently and means the same.
    pub value: String,
}

/// What was found in one item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// The weightiest first, at most 12.
    pub phrases: Vec<Phrase>,
    /// In the order of the text, each once, at most 32.
    pub entities: Vec<Entity>,
    /// Words with their weights; the weights' squares add up to 1. At most 64.
    pub terms: BTreeMap<String, f64>,
    /// The words by which the text asks that something be done.
    pub request: Option<String>,
}

/// An item as the engine sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub id: Uuid,
    pub kind: String,
    /// What people call it: its title, or its first words.
    pub label: String,
    pub analysis: Analysis,
}

/// What a suggestion says about, for the message that tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Arguments(pub BTreeMap<String, String>);

/// Why something is suggested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContextReason)]
pub struct Reason {
    /// What was found: `phrase`, `entity`, `words`, `request`.
    pub kind: String,
    /// The phrase, the entity's value, or the words.
    pub text: String,
    /// How much it counts, 0 to 1.
    pub weight: f64,
}

/// Why, and by which items.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Reasons {
    pub items: Vec<Uuid>,
    pub reasons: Vec<Reason>,
}

/// A model that cannot answer now.
#[derive(Debug, thiserror::Error)]
#[error("the model cannot answer: {0}")]
pub struct EngineError(pub String);

/// Finds phrases, entities and terms in a text.
#[async_trait]
pub trait Extract: Send + Sync {
    /// # Errors
    /// When the model cannot answer.
    async fn extract(&self, text: &str) -> Result<Analysis, EngineError>;
}

/// Says how much an item has to do with others.
#[async_trait]
pub trait Relate: Send + Sync {
    /// The relations of `one` to those of `others` that have any, the strongest first.
    ///
    /// # Errors
    /// When the model cannot answer.
    async fn relate(&self, one: &Known, others: &[Known]) -> Result<Vec<Relation>, EngineError>;
}

/// Proposes what could be done.
#[async_trait]
pub trait Suggest: Send + Sync {
    fn info(&self) -> ModelInfo;

    /// What follows from an item, its relations and all that is known besides, the best first.
    ///
    /// # Errors
    /// When the model cannot answer.
    async fn suggest(
        &self,
        one: &Known,
        relations: &[Relation],
        others: &[Known],
        now: Timestamp,
    ) -> Result<Vec<Proposal>, EngineError>;
}

/// The steps, one after the other.
#[derive(Clone)]
pub struct Engine {
    pub extract: Arc<dyn Extract>,
    pub relate: Arc<dyn Relate>,
    pub suggest: Arc<dyn Suggest>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("model", &self.suggest.info()).finish_non_exhaustive()
    }
}

/// The algorithms that are built in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Basic;

impl Engine {
    /// Without any model.
    pub fn basic() -> Self {
        Self { extract: Arc::new(Basic), relate: Arc::new(Basic), suggest: Arc::new(Basic) }
    }
}

impl Basic {
    /// What the built-in algorithms say of themselves.
    pub fn info() -> ModelInfo {
        ModelInfo { model: "banyan-context-basic".to_owned(), version: "1".to_owned(), source: "built-in".to_owned() }
    }
}

#[async_trait]
impl Extract for Basic {
    async fn extract(&self, text: &str) -> Result<Analysis, EngineError> {
        Ok(analyse(text))
    }
}

#[async_trait]
impl Relate for Basic {
    async fn relate(&self, one: &Known, others: &[Known]) -> Result<Vec<Relation>, EngineError> {
        Ok(relate::relations(one, others))
    }
}

#[async_trait]
impl Suggest for Basic {
    fn info(&self) -> ModelInfo {
        Self::info()
    }

    async fn suggest(
        &self,
        one: &Known,
        relations: &[Relation],
        others: &[Known],
        now: Timestamp,
    ) -> Result<Vec<Proposal>, EngineError> {
        Ok(suggest::proposals(one, relations, others, now))
    }
}

/// Normalises the text and finds what is in it.
pub fn analyse(text: &str) -> Analysis {
    let text = text::normalised(text::bounded(text, MOST_TEXT));
    let words = text::words(&text);
    Analysis {
        phrases: phrases::key_phrases(&words),
        entities: entities::entities(&text),
        terms: phrases::terms(&words),
        request: suggest::request(&words),
    }
}
