//! The glossary: words that are always translated the same way. It begins with the words of the house (`platform/locale/glossary`); a
//! tenant adds its own, and its own goes before the house's for the same word.

use std::collections::BTreeMap;
use std::sync::Arc;

use banyan_locale::GLOSSARIES;
use serde::Deserialize;

use crate::entity::term;

/// A word and how it is always translated.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    /// In American English.
    pub(crate) term: String,
    pub(crate) translation: String,
    pub(crate) note: Option<String>,
    /// Words that must not stand for it.
    #[serde(default)]
    pub(crate) avoid: Vec<String>,
    /// A good translation may do without it.
    #[serde(default)]
    pub(crate) may_be_left_out: bool,
}

/// The words of the house by language.
#[derive(Clone, Debug, Default)]
pub(crate) struct HouseWords(Arc<BTreeMap<&'static str, Vec<Word>>>);

/// What a text does with a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning<'w> {
    pub(crate) word: &'w Word,
    /// The word to be avoided that stands there; none where the translation is missing.
    pub(crate) found: Option<&'w str>,
}

impl HouseWords {
    /// Those that the program carries.
    pub(crate) fn carried() -> Self {
        let words = GLOSSARIES.iter().map(|(tag, text)| {
            // A test of each build reads them, so there is nothing to be told at a start.
            let words = read(text).unwrap_or_else(|error| {
                tracing::error!(%error, language = tag, "a glossary is left out");
                Vec::new()
            });
            (*tag, words)
        });
        Self(Arc::new(words.collect()))
    }

    /// Those of a language, in the order of the file.
    pub(crate) fn of(&self, locale: &str) -> &[Word] {
        self.0.get(locale).map_or(&[], Vec::as_slice)
    }

    /// The glossary of a tenant: its own words and those of the house that it does not say otherwise.
    pub(crate) fn with(&self, own: Vec<term::Model>, locale: &str) -> Vec<Word> {
        let mut words: Vec<Word> = own.into_iter().map(Word::from).collect();
        let is_new = |word: &&Word| !words.iter().any(|own| own.term.to_lowercase() == word.term.to_lowercase());
        let added: Vec<Word> = self.of(locale).iter().filter(is_new).cloned().collect();
        words.extend(added);
        words
    }
}

impl From<term::Model> for Word {
    fn from(row: term::Model) -> Self {
        Self { term: row.term, translation: row.translation, note: row.note, avoid: Vec::new(), may_be_left_out: false }
    }
}

fn read(text: &str) -> Result<Vec<Word>, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        terms: Vec<Word>,
    }
    toml::from_str::<File>(text).map(|file| file.terms)
}

/// The words that stand in the source, as whole words and without regard to case.
pub(crate) fn hits<'w>(glossary: &'w [Word], source: &str) -> impl Iterator<Item = &'w Word> {
    let source = spaced(source);
    glossary.iter().filter(move |word| source.contains(&spaced(&word.term)))
}

/// Words of the source that the text does not have as it should, or has one to be avoided for. Endings may differ: `tujuan` is in
/// `tujuannya`.
pub(crate) fn warnings<'w>(glossary: &'w [Word], source: &str, text: &str) -> Vec<Warning<'w>> {
    let (lower, words) = (text.to_lowercase(), spaced(text));
    let warning = |word: &'w Word| {
        if let Some(found) = word.avoid.iter().find(|avoided| words.contains(&spaced(avoided))) {
            return Some(Warning { word, found: Some(found) });
        }
        let is_there = word.may_be_left_out || lower.contains(&word.translation.to_lowercase());
        (!is_there).then_some(Warning { word, found: None })
    };
    hits(glossary, source).filter_map(warning).collect()
}

/// ` one two `, so that what is contained is contained in whole words.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_carries_can_be_read() {
        for (tag, text) in GLOSSARIES {
            let words = read(text).unwrap();
            assert!(words.len() > 40, "{tag}");
            let terms: std::collections::BTreeSet<String> = words.iter().map(|word| word.term.to_lowercase()).collect();
            assert_eq!(terms.len(), words.len(), "{tag}: a word stands there twice");
        }
        let house = HouseWords::carried();
        assert!(house.of("id-ID").iter().any(|word| word.term == "goal" && word.translation == "tujuan"));
        assert_eq!(house.of("fr"), []);
    }

    #[test]
    fn a_text_is_warned_for_words_that_are_missing_and_words_to_be_avoided() {
        let house = HouseWords::carried();
        let of = |source: &str, text: &str| -> Vec<(String, Option<String>)> {
            let found = warnings(house.of("id-ID"), source, text);
            found.into_iter().map(|one| (one.word.term.clone(), one.found.map(str::to_owned))).collect()
        };
        assert_eq!(of("Your goal", "Tujuannya"), [], "an ending may follow");
        assert_eq!(of("A goal", "Sasaran"), [("goal".to_owned(), Some("sasaran".to_owned()))]);
        assert_eq!(of("A goal", "Cita-cita"), [("goal".to_owned(), None)]);
        assert_eq!(of("What you want", "Yang diinginkan"), [], "nobody has to be addressed");
        assert_eq!(of("What you want", "Yang kamu inginkan"), [("you".to_owned(), Some("kamu".to_owned()))]);
        assert_eq!(of("Sunday", "Hari Minggu"), [], "only where the source has the word");
    }
}
