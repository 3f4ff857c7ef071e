//! Variants: of those whom a flag is on for, each gets one.

use std::collections::BTreeSet;

use banyan_http::{Check, FieldError, Validate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MOST_VALUES;
use super::check::{context_name, is_name};

/// All weights together, in thousandths.
const WHOLE: i32 = 1_000;
/// The longest payload, in bytes.
const LONGEST_PAYLOAD: usize = 10_000;

/// Whether a weight stays as it is when others change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagWeightType)]
pub enum WeightType {
    Fix,
    #[default]
    Variable,
}

/// What comes with a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagPayload)]
pub struct Payload {
    /// `string`, `json`, `csv` or `number`.
    #[serde(rename = "type")]
    #[schema(example = "string")]
    pub kind: String,
    #[schema(max_length = 10_000)]
    pub value: String,
}

/// Who gets a variant for certain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagOverride)]
pub struct Override {
    #[schema(min_length = 1, max_length = 100)]
    pub context_name: String,
    #[schema(min_items = 1, max_items = 10_000)]
    pub values: Vec<String>,
}

/// A variant of a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagVariant)]
pub struct Variant {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Thousandths. Those of all variants together are 1000.
    #[schema(minimum = 0, maximum = 1000)]
    pub weight: i32,
    #[serde(default)]
    pub weight_type: WeightType,
    /// By which field of the context a person stays with the variant; `default` is user, else session, else chance.
    pub stickiness: Option<String>,
    pub payload: Option<Payload>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub overrides: Vec<Override>,
}

/// A variant of a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagStrategyVariant)]
pub struct StrategyVariant {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Thousandths.
    #[schema(minimum = 0, maximum = 1000)]
    pub weight: i32,
    #[serde(default)]
    pub weight_type: WeightType,
    pub stickiness: Option<String>,
    pub payload: Option<Payload>,
}

impl Validate for Payload {
    fn validate(&self, check: &mut Check) {
        check.one_of("type", &self.kind, &["string", "json", "csv", "number"]);
        check.that(self.value.len() <= LONGEST_PAYLOAD, "value", FieldError::too_long(LONGEST_PAYLOAD));
        let fits = match self.kind.as_str() {
            "json" => serde_json::from_str::<serde_json::Value>(&self.value).is_ok(),
            "number" => self.value.parse::<f64>().is_ok_and(f64::is_finite),
            _ => true,
        };
        check.that(fits, "value", FieldError::new("invalid-payload", "flags-field-payload"));
    }
}

impl Validate for Variant {
    fn validate(&self, check: &mut Check) {
        common(check, &self.name, self.weight, self.stickiness.as_deref(), self.payload.as_ref());
        check.count("overrides", &self.overrides, 0, 20);
        check.each("overrides", self.overrides.iter().take(20), |check, one| {
            context_name(check, "contextName", &one.context_name);
            check.count("values", &one.values, 1, MOST_VALUES);
        });
    }
}

impl Validate for StrategyVariant {
    fn validate(&self, check: &mut Check) {
        common(check, &self.name, self.weight, self.stickiness.as_deref(), self.payload.as_ref());
    }
}

fn common(check: &mut Check, name: &str, weight: i32, stickiness: Option<&str>, payload: Option<&Payload>) {
    check.that(is_name(name), "name", FieldError::new("invalid-name", "flags-field-key"));
    check.range("weight", i64::from(weight), 0, i64::from(WHOLE));
    if let Some(stickiness) = stickiness {
        context_name(check, "stickiness", stickiness);
    }
    check.nested("payload", payload);
}

/// No two of the same name.
pub(super) fn names<'n>(check: &mut Check, field: &str, names: impl Iterator<Item = &'n str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        check.that(seen.insert(name), field, FieldError::duplicate());
    }
}

/// Together they are the whole.
pub(super) fn weights(check: &mut Check, variants: &[Variant]) {
    let sum: i64 = variants.iter().map(|variant| i64::from(variant.weight)).sum();
    let whole = variants.is_empty() || sum == i64::from(WHOLE);
    check.that(whole, "variants", FieldError::new("wrong-weights", "flags-field-weights").with("sum", sum));
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!` in place")]
    fn wrong(variants: serde_json::Value) -> Vec<String> {
        let settings: Settings = serde_json::from_value(json!({ "enabled": true, "variants": variants })).unwrap();
        Check::of(&settings).into_errors().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn weights_are_the_whole_and_names_are_one_each() {
        assert!(wrong(json!([{ "name": "a", "weight": 400 }, { "name": "b", "weight": 600 }])).is_empty());
        assert_eq!(wrong(json!([{ "name": "a", "weight": 400 }])), ["variants"]);
        assert_eq!(wrong(json!([{ "name": "a", "weight": 500 }, { "name": "a", "weight": 500 }])), ["variants"]);
        assert_eq!(wrong(json!([{ "name": "", "weight": 1000 }])), ["variants[0].name"]);
        assert_eq!(wrong(json!([{ "name": "a", "weight": 1001 }])), ["variants[0].weight", "variants"]);
    }

    #[test]
    fn a_payload_is_what_it_says() {
        let with = |kind: &str, value: &str| {
            wrong(json!([{ "name": "a", "weight": 1000, "payload": { "type": kind, "value": value } }]))
        };
        assert!(with("json", "{\"a\":1}").is_empty() && with("number", "4.5").is_empty() && with("csv", "a,b").is_empty());
        assert_eq!(with("json", "{"), ["variants[0].payload.value"]);
        assert_eq!(with("number", "four"), ["variants[0].payload.value"]);
        assert_eq!(with("xml", "<a/>"), ["variants[0].payload.type"]);
    }
}
