//! Differences, gathered by field. Bounded: after so many fields only those that are known are counted.

use std::collections::BTreeMap;

use super::compare::Difference;
use super::report::{FieldReport, Values};

const MOST_FIELDS: usize = 200;
const MOST_EXAMPLES: usize = 3;
/// Where further fields are counted.
const OTHERS: &str = "(others)";

#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<String, (u64, Vec<Values>)>);

impl Findings {
    pub(super) fn add(&mut self, request: &str, differences: Vec<Difference>) {
        for difference in differences {
            let known = self.0.contains_key(&difference.field);
            let field = if known || self.0.len() < MOST_FIELDS { difference.field } else { OTHERS.to_owned() };
            let (count, examples) = self.0.entry(field).or_default();
            *count += 1;
            if examples.len() < MOST_EXAMPLES {
                let values = Values { request: request.to_owned(), baseline: difference.baseline, shadow: difference.shadow };
                if !examples.contains(&values) {
                    examples.push(values);
                }
            }
        }
    }

    pub(super) fn report(&self) -> Vec<FieldReport> {
        let fields = self.0.iter().map(|(field, (count, examples))| FieldReport {
            field: field.clone(),
            count: *count,
            examples: examples.clone(),
        });
        let mut fields: Vec<FieldReport> = fields.collect();
        fields.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.field.cmp(&other.field)));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_examples_are_bounded() {
        let mut findings = Findings::default();
        for at in 0..1_000 {
            let one = |field: String| Difference { field, baseline: Some(at.to_string()), shadow: None };
            findings.add("GET /x", vec![one(format!("/{at}")), one("/same".to_owned())]);
        }
        let report = findings.report();
        assert_eq!(report.len(), MOST_FIELDS + 1);
        assert_eq!((report[0].field.as_str(), report[0].count, report[0].examples.len()), ("/same", 1_000, MOST_EXAMPLES));
        assert_eq!(report.iter().map(|field| field.count).sum::<u64>(), 2_000);
    }
}
