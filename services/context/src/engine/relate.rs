//! What two items have to do with one another.

use banyan_kernel::Uuid;

use super::{Analysis, EntityKind, Known, Reason};

/// Below it, words alone relate nothing.
const LEAST_COSINE: f64 = 0.45;
/// Below it, not even with something in common.
const LEAST_SHARING: f64 = 0.15;
const MOST: usize = 20;
const MOST_REASONS: usize = 6;

/// How strongly two items belong together, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pub to: Uuid,
    /// 0 to 1.
    pub strength: f64,
    /// How alike their words are, 0 to 1.
    pub cosine: f64,
    pub reasons: Vec<Reason>,
}

/// Those of `others` to which `one` is related, the strongest first.
pub(super) fn relations(one: &Known, others: &[Known]) -> Vec<Relation> {
    let mut found: Vec<Relation> =
        others.iter().filter(|other| other.id != one.id).filter_map(|other| relation(one, other)).collect();
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.to.cmp(&b.to)));
    found.truncate(MOST);
    found
}

/// Half of it by words, the rest by what they share: 0.15 a phrase, 0.2 an entity.
fn relation(one: &Known, other: &Known) -> Option<Relation> {
    let cosine = cosine(&one.analysis, &other.analysis);
    let mut reasons = shared(&one.analysis, &other.analysis);
    let enough = cosine >= LEAST_COSINE || (cosine >= LEAST_SHARING && !reasons.is_empty());
    if !enough {
        return None;
    }
    let common: f64 = reasons.iter().map(|reason| reason.weight).sum();
    reasons.push(Reason { kind: "words".to_owned(), text: words(&one.analysis, &other.analysis), weight: cosine / 2.0 });
    Some(Relation { to: other.id, strength: (cosine / 2.0 + common).min(1.0), cosine, reasons })
}

/// The cosine of the angle between the weights of two texts' terms: 1 for the same words, 0 for none in common.
pub(super) fn cosine(one: &Analysis, other: &Analysis) -> f64 {
    let (small, large) = if one.terms.len() <= other.terms.len() { (one, other) } else { (other, one) };
    let product: f64 = small.terms.iter().filter_map(|(word, weight)| Some(weight * large.terms.get(word)?)).sum();
    product.clamp(0.0, 1.0)
}

fn shared(one: &Analysis, other: &Analysis) -> Vec<Reason> {
    let phrases = one.phrases.iter().filter(|phrase| phrase.text.contains(' '));
    let phrases = phrases.filter(|phrase| other.phrases.iter().any(|known| known.text == phrase.text));
    let phrases = phrases.map(|phrase| Reason { kind: "phrase".to_owned(), text: phrase.text.clone(), weight: 0.15 });
    // That two items have a link to the same place says it; that both were written on one day does not.
    let entities = one.entities.iter().filter(|entity| entity.kind != EntityKind::Date);
    let entities =
        entities.filter(|entity| other.entities.iter().any(|known| (known.kind, &known.value) == (entity.kind, &entity.value)));
    let entities = entities.map(|entity| Reason { kind: "entity".to_owned(), text: entity.value.clone(), weight: 0.2 });
    phrases.chain(entities).take(MOST_REASONS).collect()
}

/// The words that count most in both.
fn words(one: &Analysis, other: &Analysis) -> String {
    let mut common: Vec<(f64, &str)> =
        one.terms.iter().filter_map(|(word, weight)| Some((weight * other.terms.get(word)?, word.as_str()))).collect();
    common.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    common.into_iter().take(3).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::analyse;
    use super::*;

    fn known(id: u128, text: &str) -> Known {
        Known { id: Uuid::from_u128(id), kind: "note".into(), label: text.into(), analysis: analyse(text) }
    }

    #[test]
    fn what_shares_phrases_and_names_is_related() {
        let one = known(1, "The annual budget of the Bandung office is with Budi Santoso.");
        let others = [known(2, "Ask Budi Santoso about the annual budget."), known(3, "Buy coffee and tea."), one.clone()];
        let found = relations(&one, &others);
        assert_eq!(found.iter().map(|relation| relation.to.as_u128()).collect::<Vec<_>>(), [2]);
        let reasons: Vec<&str> = found[0].reasons.iter().map(|reason| reason.text.as_str()).collect();
        assert_eq!(reasons[..2], ["annual budget", "budi santoso"]);
    }
}
