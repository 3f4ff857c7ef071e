//! Differences of answers, gathered by field. Bounded: after so many fields only those that are known are counted by themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const MOST_FIELDS: usize = 200;
const MOST_EXAMPLES: usize = 3;
/// Characters of a field's name and of an example's address.
const LONGEST: usize = 200;
/// Where further fields are counted.
const OTHERS: &str = "(others)";

/// Where answers differed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Differences(BTreeMap<String, Field>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Field {
    count: u64,
    examples: Vec<Values>,
}

/// Differences at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldReport {
    /// `status`, `header content-type`, `body`, or a JSON pointer in which `*` stands for any place of a list.
    pub field: String,
    pub count: u64,
    pub examples: Vec<Values>,
}

/// One difference as it was seen. Texts are shortened; unless the split says otherwise, only their kind is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Values {
    /// Method and path.
    pub request: String,
    /// None: it was not there.
    pub baseline: Option<String>,
    pub shadow: Option<String>,
}

impl Differences {
    /// One more difference at a field.
    pub fn note(&mut self, field: String, examples: impl IntoIterator<Item = Values>) {
        self.count(field, 1, examples);
    }

    fn count(&mut self, field: String, count: u64, examples: impl IntoIterator<Item = Values>) {
        let field = shortened(field);
        let known = self.0.contains_key(&field);
        let field = if known || self.0.len() < MOST_FIELDS { field } else { OTHERS.to_owned() };
        let own = self.0.entry(field).or_default();
        own.count += count;
        for values in examples {
            let values = Values { request: shortened(values.request), ..values };
            if own.examples.len() < MOST_EXAMPLES && !own.examples.contains(&values) {
                own.examples.push(values);
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (field, found) in &other.0 {
            self.count(field.clone(), found.count, found.examples.iter().cloned());
        }
    }

    /// What came after `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        let later = |(field, found): (&String, &Field)| {
            let Some(before) = before.0.get(field) else { return Some((field.clone(), found.clone())) };
            let count = found.count.checked_sub(before.count).filter(|count| *count > 0)?;
            let examples = found.examples.iter().filter(|values| !before.examples.contains(values)).cloned().collect();
            Some((field.clone(), Field { count, examples }))
        };
        Self(self.0.iter().filter_map(later).collect())
    }

    /// The most frequent first.
    pub fn report(&self) -> Vec<FieldReport> {
        let report = |(field, found): (&String, &Field)| FieldReport {
            field: field.clone(),
            count: found.count,
            examples: found.examples.clone(),
        };
        let mut fields: Vec<FieldReport> = self.0.iter().map(report).collect();
        fields.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.field.cmp(&other.field)));
        fields
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_examples_are_bounded() {
        let mut differences = Differences::default();
        for at in 0..1_000 {
            let values =
                || Values { request: "GET /".to_owned() + &"x".repeat(9_000), baseline: Some(at.to_string()), shadow: None };
            differences.note(format!("/{at}"), [values()]);
            differences.note("/same".to_owned(), [values()]);
        }
        let report = differences.report();
        assert_eq!(report.len(), MOST_FIELDS + 1);
        assert_eq!((report[0].field.as_str(), report[0].count, report[0].examples.len()), ("/same", 1_000, MOST_EXAMPLES));
        assert_eq!(report.iter().map(|field| field.count).sum::<u64>(), 2_000);
        assert_eq!(report[0].examples[0].request.chars().count(), LONGEST + 1);
        // Together with another door's they are, too.
        let mut other = Differences::default();
        (1_000..1_300).for_each(|at| other.note(format!("/{at}"), []));
        differences.add(&other);
        assert_eq!(differences.report().len(), MOST_FIELDS + 1);
        assert_eq!(differences.report().iter().map(|field| field.count).sum::<u64>(), 2_300);
    }
}
