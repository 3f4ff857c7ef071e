//! Key phrases by RAKE, and terms with weights.
//!
//! RAKE: S. Rose, D. Engel, N. Cramer, W. Cowley, "Automatic Keyword Extraction from Individual Documents", in: Text Mining, 2010. A phrase
//! is a run of words without stop words; a word's score is its degree (words it stands with, itself counted) over its frequency, a
//! phrase's is the sum of its words' scores. Here a phrase that comes back counts for each time, and runs longer than four words are cut.

use std::collections::{BTreeMap, HashMap};

use super::Phrase;
use super::text::Word;

const MOST_PHRASES: usize = 12;
const LONGEST_PHRASE: usize = 4;
const MOST_TERMS: usize = 64;

/// The weightiest phrases, each once.
pub(super) fn key_phrases(words: &[Word]) -> Vec<Phrase> {
    let runs = runs(words);
    let mut frequency: HashMap<&str, f64> = HashMap::new();
    let mut degree: HashMap<&str, f64> = HashMap::new();
    for run in &runs {
        for word in run {
            *frequency.entry(word).or_default() += 1.0;
            *degree.entry(word).or_default() += run.len() as f64;
        }
    }
    let score = |word: &&str| degree[*word] / frequency[*word];
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for run in &runs {
        *weights.entry(run.join(" ")).or_default() += run.iter().map(score).sum::<f64>();
    }
    let mut phrases: Vec<Phrase> = weights.into_iter().map(|(text, weight)| Phrase { text, weight }).collect();
    phrases.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.text.cmp(&b.text)));
    phrases.truncate(MOST_PHRASES);
    phrases
}

/// Runs of words that mean something, at most four words long.
fn runs(words: &[Word]) -> Vec<Vec<&str>> {
    let mut runs: Vec<Vec<&str>> = Vec::new();
    let mut goes_on = false;
    for word in words {
        if !means_something(word) {
            goes_on = false;
            continue;
        }
        match runs.last_mut().filter(|run| goes_on && !word.begins && run.len() < LONGEST_PHRASE) {
            Some(run) => run.push(&word.text),
            None => runs.push(vec![&word.text]),
        }
        goes_on = true;
    }
    runs
}

/// Words with the logarithm of how often they are there (G. Salton, C. Buckley, "Term-weighting approaches in automatic text retrieval",
/// 1988), scaled so that the squares add up to 1. How rare a word is among items is left out: it would change with each of them.
pub(super) fn terms(words: &[Word]) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for word in words.iter().filter(|word| means_something(word)) {
        *counts.entry(&word.text).or_default() += 1.0;
    }
    let mut weights: Vec<(&str, f64)> = counts.into_iter().map(|(word, count)| (word, 1.0 + count.ln())).collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    weights.truncate(MOST_TERMS);
    let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
    weights.into_iter().map(|(word, weight)| (word.to_owned(), weight / length)).collect()
}

fn means_something(word: &Word) -> bool {
    !word.is_stop && word.text.chars().any(char::is_alphabetic) && word.text.chars().nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::text::words;
    use super::*;

    #[test]
    fn phrases_are_what_stands_between_stop_words() {
        let phrases = key_phrases(&words(
            "Rapat anggaran tahunan di Bandung. The annual budget of the Bandung office, again the annual budget.",
        ));
        let texts: Vec<&str> = phrases.iter().map(|phrase| phrase.text.as_str()).collect();
        assert_eq!(texts[..2], ["rapat anggaran tahunan", "annual budget"]);
        assert!(texts.contains(&"bandung office"), "{texts:?}");
        assert!(!texts.iter().any(|text| text.contains("the")), "{texts:?}");
    }

    #[test]
    fn terms_have_length_one() {
        let terms = terms(&words("budget budget office"));
        assert!((terms.values().map(|weight| weight * weight).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(terms["budget"] > terms["office"]);
        assert!(super::terms(&[]).is_empty());
    }
}
