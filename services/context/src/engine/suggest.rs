//! What could be done about what is known.

use std::collections::BTreeMap;

use banyan_kernel::{Timestamp, Uuid};

use super::text::Word;
use super::{Arguments, EntityKind, Known, Reason, Reasons, Relation};
use crate::model::SuggestionKind;

/// From here on two items say the same.
const SAME: f64 = 0.85;
/// A phrase in so many items is a topic.
const TOPIC: usize = 3;
/// Of one item at once.
const MOST: usize = 8;
/// Kinds of items that are days and tasks already.
const DAYS: [&str; 5] = ["event", "meeting", "appointment", "acara", "jadwal"];
const TASKS: [&str; 4] = ["task", "todo", "action", "tugas"];
/// By these words a text asks that something be done.
const REQUESTS: [&[&str]; 14] = [
    &["todo"],
    &["to-do"],
    &["need", "to"],
    &["have", "to"],
    &["remember", "to"],
    &["don't", "forget"],
    &["don’t", "forget"],
    &["please"],
    &["jangan", "lupa"],
    &["harus"],
    &["tolong"],
    &["mohon"],
    &["perlu", "segera"],
    &["wajib"],
];

/// Something to suggest.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub(crate) kind: SuggestionKind,
    /// 0 to 1.
    pub score: f64,
    /// The same for the same proposal.
    pub fingerprint: String,
    pub arguments: Arguments,
    pub reasons: Reasons,
}

/// What follows from one item, the best first.
pub(super) fn proposals(one: &Known, relations: &[Relation], others: &[Known], now: Timestamp) -> Vec<Proposal> {
    let mut all: Vec<Proposal> = relations.iter().filter_map(|relation| of_relation(one, relation, others)).collect();
    all.extend(schedule(one, now));
    all.extend(task(one));
    all.extend(topics(one, others));
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    all.truncate(MOST);
    all
}

/// The words by which a text asks that something be done.
pub(super) fn request(words: &[Word]) -> Option<String> {
    let begins = |at: usize, request: &[&str]| {
        request.iter().enumerate().all(|(step, word)| words.get(at + step).is_some_and(|known| known.text == *word))
    };
    let found = (0..words.len()).find_map(|at| REQUESTS.iter().find(|request| begins(at, request)));
    found.map(|request| request.join(" "))
}

fn of_relation(one: &Known, relation: &Relation, others: &[Known]) -> Option<Proposal> {
    let other = others.iter().find(|other| other.id == relation.to)?;
    let kind = if relation.cosine >= SAME { SuggestionKind::Duplicate } else { SuggestionKind::Related };
    // The earlier one first, whichever was changed: ids rise with time, to the microsecond.
    let (first, second) = if one.id < other.id { (one, other) } else { (other, one) };
    let about = relation.reasons.first().map_or("", |reason| &reason.text);
    let arguments = [("item", first.label.as_str()), ("other", &second.label), ("about", about)];
    Some(Proposal {
        kind,
        score: relation.strength,
        fingerprint: format!("pair:{}:{}", first.id, second.id),
        arguments: of(&arguments),
        reasons: Reasons { items: vec![first.id, second.id], reasons: relation.reasons.clone() },
    })
}

/// The first day that is still to come, in an item that is none itself.
fn schedule(one: &Known, now: Timestamp) -> Option<Proposal> {
    if DAYS.contains(&one.kind.as_str()) {
        return None;
    }
    // Days of the calendar in this form compare as texts.
    let today = now.to_string();
    let today = today.get(..10)?;
    let mut days =
        one.analysis.entities.iter().filter(|entity| entity.kind == EntityKind::Date && entity.value.as_str() >= today);
    let day = days.next()?;
    Some(single(one, SuggestionKind::Schedule, 0.6, "entity", &day.value))
}

fn task(one: &Known) -> Option<Proposal> {
    let words = one.analysis.request.as_ref().filter(|_| !TASKS.contains(&one.kind.as_str()))?;
    Some(single(one, SuggestionKind::Task, 0.55, "request", words))
}

fn single(one: &Known, kind: SuggestionKind, score: f64, why: &str, text: &str) -> Proposal {
    let reason = Reason { kind: why.to_owned(), text: text.to_owned(), weight: score };
    Proposal {
        kind,
        score,
        fingerprint: format!("{}:{}:{text}", kind.word(), one.id),
        arguments: of(&[("item", &one.label), ("about", text)]),
        reasons: Reasons { items: vec![one.id], reasons: vec![reason] },
    }
}

/// Phrases of the item that others have too.
fn topics(one: &Known, others: &[Known]) -> Vec<Proposal> {
    let has = |known: &Known, text: &str| known.analysis.phrases.iter().any(|phrase| phrase.text == text);
    let phrases = one.analysis.phrases.iter().filter(|phrase| phrase.text.contains(' '));
    let found = phrases.filter_map(|phrase| {
        let mut items: Vec<Uuid> =
            others.iter().filter(|other| other.id != one.id && has(other, &phrase.text)).map(|other| other.id).collect();
        items.push(one.id);
        items.sort_unstable();
        if items.len() < TOPIC {
            return None;
        }
        let score = (0.3 + items.len() as f64 / 10.0).min(0.9);
        let count = items.len().to_string();
        items.truncate(20);
        let reason = Reason { kind: "phrase".to_owned(), text: phrase.text.clone(), weight: score };
        Some(Proposal {
            kind: SuggestionKind::Topic,
            score,
            fingerprint: format!("topic:{}", phrase.text),
            arguments: of(&[("about", &phrase.text), ("count", &count)]),
            reasons: Reasons { items, reasons: vec![reason] },
        })
    });
    found.collect()
}

fn of(arguments: &[(&str, &str)]) -> Arguments {
    Arguments(arguments.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<BTreeMap<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::super::{analyse, relate};
    use super::*;

    fn known(id: u128, kind: &str, text: &str) -> Known {
        Known { id: Uuid::from_u128(id), kind: kind.into(), label: text.into(), analysis: analyse(text) }
    }

    fn kinds(one: &Known, others: &[Known]) -> Vec<SuggestionKind> {
        let now: Timestamp = Timestamp::from_seconds(1_705_312_800);
        proposals(one, &relate::relations(one, others), others, now).into_iter().map(|proposal| proposal.kind).collect()
    }

    #[test]
    fn each_kind_has_its_reason() {
        let others = [
            known(1, "note", "The annual budget of Bandung"),
            known(2, "note", "Ask Sari for the annual budget"),
            known(4, "note", "Coffee"),
        ];
        let one = known(3, "note", "Jangan lupa: the annual budget is due on 2024-03-01");
        let found = kinds(&one, &others);
        for kind in [SuggestionKind::Topic, SuggestionKind::Related, SuggestionKind::Schedule, SuggestionKind::Task] {
            assert!(found.contains(&kind), "{kind:?} {found:?}");
        }
        assert_eq!(kinds(&known(5, "note", "Coffee"), &others), [SuggestionKind::Duplicate]);
        assert_eq!(kinds(&known(6, "task", "Please rest"), &[]), []);
        assert_eq!(kinds(&known(7, "note", "It was on 2023-03-01"), &[]), [], "what is over needs no plan");
    }

    #[test]
    fn a_pair_is_one_proposal_from_either_side() {
        let (one, two) = (known(1, "note", "annual budget"), known(2, "note", "annual budget"));
        let print = |one: &Known, other: &Known| {
            let others = std::slice::from_ref(other);
            proposals(one, &relate::relations(one, others), others, Timestamp::from_seconds(0)).remove(0).fingerprint
        };
        assert_eq!(print(&one, &two), print(&two, &one));
    }
}
