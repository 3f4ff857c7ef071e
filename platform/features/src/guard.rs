//! What the engine would misread, or stumble over, before it gets it.
//!
//! `unleash-yggdrasil` writes each strategy down as a rule in a language of its own, and reads that. A value goes into the rule as it is: a
//! quote in a group's name, or `5 or true` for a number, would be read as a part of the rule; weights that add up to nothing divide by zero.
//! A flag with such a value is off for everybody, and whoever compiles it hears why. Clients get the flag as it was written.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use unleash_types::client_features::{ClientFeature, ClientFeatures, Constraint, Operator, Segment, Strategy};

/// Each strategy stands in the rule, and each level of a rule on the stack.
const MOST_STRATEGIES: usize = 100;
/// Of one strategy, with those of its segments.
const MOST_CONSTRAINTS: usize = 250;
/// In bytes; what a pattern may grow to is bounded by the library.
const LONGEST_PATTERN: usize = 1_000;
/// A variant's weight is per mille.
const HEAVIEST: i32 = 1_000_000;

/// A flag that cannot be evaluated as it is written: it is off for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileWarning {
    pub flag: String,
    pub reason: String,
}

impl fmt::Display for CompileWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is off for everybody: {}", self.flag, self.reason)
    }
}

/// A copy that is safe to compile.
pub(crate) fn safe(features: &ClientFeatures) -> (ClientFeatures, Vec<CompileWarning>) {
    let mut warnings = Vec::new();
    let mut copy = features.clone();
    let segments = copy.segments.get_or_insert_default();
    let mut bad_segments = Vec::new();
    for segment in segments.iter_mut() {
        if let Some(reason) = segment.constraints.iter_mut().find_map(|constraint| mend_constraint(constraint).err()) {
            bad_segments.push((segment.id, reason));
        }
    }
    for feature in &mut copy.features {
        if let Err(reason) = mend(feature, segments, &bad_segments) {
            feature.enabled = false;
            feature.strategies = None;
            feature.variants = None;
            warnings.push(CompileWarning { flag: feature.name.clone(), reason });
        }
    }
    (copy, warnings)
}

fn mend(feature: &mut ClientFeature, segments: &[Segment], bad: &[(i32, String)]) -> Result<(), String> {
    if let Some(variants) = &mut feature.variants {
        variants.iter_mut().for_each(|variant| variant.weight = variant.weight.clamp(0, HEAVIEST));
        if variants.iter().all(|variant| variant.weight == 0) {
            feature.variants = None;
        }
    }
    let strategies = feature.strategies.as_deref_mut().unwrap_or_default();
    if strategies.len() > MOST_STRATEGIES {
        return Err(format!("it has {} strategies; {MOST_STRATEGIES} are the most", strategies.len()));
    }
    for strategy in strategies {
        mend_strategy(strategy, segments, bad).map_err(|reason| format!("strategy `{}`: {reason}", strategy.name))?;
    }
    Ok(())
}

fn mend_strategy(strategy: &mut Strategy, segments: &[Segment], bad: &[(i32, String)]) -> Result<(), String> {
    let used = strategy.segments.as_deref().unwrap_or_default();
    if let Some((id, reason)) = bad.iter().find(|(id, _)| used.contains(id)) {
        return Err(format!("segment {id}: {reason}"));
    }
    let of_segments = segments.iter().filter(|segment| used.contains(&segment.id)).map(|segment| segment.constraints.len());
    let constraints = of_segments.sum::<usize>() + strategy.constraints.as_ref().map_or(0, Vec::len);
    if constraints > MOST_CONSTRAINTS {
        return Err(format!("it has {constraints} constraints with those of its segments; {MOST_CONSTRAINTS} are the most"));
    }
    for constraint in strategy.constraints.iter_mut().flatten() {
        mend_constraint(constraint)?;
    }
    for (name, value) in strategy.parameters.iter().flatten() {
        check_parameter(name, value)?;
    }
    if let Some(variants) = &mut strategy.variants {
        variants.iter_mut().for_each(|variant| variant.weight = variant.weight.clamp(0, HEAVIEST));
        if variants.iter().all(|variant| variant.weight == 0) {
            variants.clear();
        }
    }
    Ok(())
}

fn check_parameter(name: &str, value: &str) -> Result<(), String> {
    match name {
        "groupId" | "stickiness" | "IPs" | "hostNames" => {
            let lists = matches!(name, "IPs" | "hostNames");
            let ends = |part: &str| part.trim().ends_with('\\');
            let open = if lists { value.split(',').any(ends) } else { value.ends_with('\\') };
            if value.contains('"') || open {
                return Err(format!("`{name}` holds a quote, or ends with a backslash"));
            }
            Ok(())
        }
        // Quotes are escaped there.
        "userIds" if value.split(',').any(|part| part.trim().ends_with('\\')) => {
            Err("an id of `userIds` ends with a backslash".to_owned())
        }
        _ => Ok(()),
    }
}

fn mend_constraint(constraint: &mut Constraint) -> Result<(), String> {
    let name = &constraint.context_name;
    if name.is_empty() || name.contains(['"', '\\', '\n']) {
        return Err("a constraint names nothing, or something with a quote or a backslash".to_owned());
    }
    let fault = |what: &str| Err(format!("the constraint on `{name}` {what}"));
    let value = constraint.value.as_deref().map(str::trim);
    match constraint.operator {
        Operator::In
        | Operator::NotIn
        | Operator::StrEndsWith
        | Operator::StrStartsWith
        | Operator::StrContains
        | Operator::InCidr => match constraint.values.iter().flatten().any(|value| value.ends_with('\\')) {
            true => fault("has a value that ends with a backslash"),
            false => Ok(()),
        },
        Operator::NumEq | Operator::NumGt | Operator::NumGte | Operator::NumLt | Operator::NumLte => {
            match value.and_then(number) {
                Some(number) => constraint.value = Some(number),
                None => return fault("compares with what is not a number"),
            }
            Ok(())
        }
        Operator::DateAfter | Operator::DateBefore => {
            match value.and_then(|value| value.parse::<DateTime<Utc>>().ok()).filter(|date| is_written_in_four_digits(*date)) {
                Some(date) => constraint.value = Some(date.to_rfc3339_opts(SecondsFormat::Millis, true)),
                None => return fault("compares with what is not a date of RFC 3339"),
            }
            Ok(())
        }
        Operator::SemverEq | Operator::SemverLt | Operator::SemverGt | Operator::SemverLte | Operator::SemverGte => match value {
            Some(value) if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte)) => Ok(()),
            _ => fault("compares with what is not a version"),
        },
        Operator::RegexMatch => match &mut constraint.value {
            Some(pattern) if pattern.len() <= LONGEST_PATTERN => {
                // The rule's own quote would be escaped.
                if pattern.ends_with('\\') {
                    pattern.push_str("(?:)");
                }
                Ok(())
            }
            Some(_) => fault("has a pattern that is too long"),
            None => fault("has no pattern"),
        },
        Operator::Unknown(_) => fault("has an operator that is not known"),
    }
}

/// In the form that the rule takes: digits, with a sign and a fraction.
fn number(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then(|| number.to_string())
}

fn is_written_in_four_digits(date: DateTime<Utc>) -> bool {
    use chrono::Datelike as _;
    (0..=9999).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reason_of(feature: &Value) -> Option<String> {
        let features = json!({ "version": 2, "features": [feature], "segments": [
            { "id": 1, "constraints": [{ "contextName": "n", "operator": "NUM_EQ", "value": "5 or true" }] },
        ] });
        let (copy, warnings) = safe(&serde_json::from_value(features).unwrap());
        assert_eq!(copy.features[0].enabled, warnings.is_empty());
        warnings.into_iter().next().map(|warning| warning.reason)
    }

    fn constrained(constraint: &Value) -> Value {
        json!({ "name": "f", "enabled": true, "strategies": [{ "name": "default", "constraints": [constraint] }] })
    }

    #[test]
    fn what_would_become_part_of_the_rule_turns_the_flag_off() {
        for constraint in [
            json!({ "contextName": "age", "operator": "NUM_GT", "value": "5 or true" }),
            json!({ "contextName": "age", "operator": "NUM_GT", "value": "inf" }),
            json!({ "contextName": "age", "operator": "NUM_GT", "value": "" }),
            json!({ "contextName": "age", "operator": "NUM_GT" }),
            json!({ "contextName": "v", "operator": "SEMVER_EQ", "value": "1.2.3 or true" }),
            json!({ "contextName": "currentTime", "operator": "DATE_AFTER", "value": "yesterday" }),
            json!({ "contextName": "x\"] in [\"a\"] or context[\"x", "operator": "IN", "values": ["a"] }),
            json!({ "contextName": "x", "operator": "IN", "values": ["a\\", " or true or user_id in ["] }),
            json!({ "contextName": "x", "operator": "NEAR", "values": ["a"] }),
            json!({ "contextName": "x", "operator": "REGEX", "value": "a".repeat(1_001) }),
        ] {
            assert!(reason_of(&constrained(&constraint)).is_some(), "{constraint}");
        }
        for (name, value) in [("groupId", "x\" or true or 0% sticky on user_id with group_id of \"y"), ("groupId", "x\\")] {
            let parameters = json!({ "rollout": "0", name: value });
            let flag =
                json!({ "name": "f", "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": parameters }] });
            assert!(reason_of(&flag).is_some(), "{value}");
        }
        assert!(
            reason_of(&json!({ "name": "f", "enabled": true, "strategies": [{ "name": "default", "segments": [1] }] })).is_some()
        );
        let many = vec![json!({ "name": "default" }); 101];
        assert!(reason_of(&json!({ "name": "f", "enabled": true, "strategies": many })).is_some());
    }

    #[test]
    fn what_is_well_meant_is_brought_into_the_rules_form() {
        for (constraint, becomes) in [
            (json!({ "contextName": "n", "operator": "NUM_GT", "value": " .5 " }), "0.5"),
            (json!({ "contextName": "n", "operator": "NUM_GT", "value": "1e3" }), "1000"),
            (
                json!({ "contextName": "currentTime", "operator": "DATE_AFTER", "value": "2024-01-15T10:00:00.123456+07:00" }),
                "2024-01-15T03:00:00.123Z",
            ),
            (json!({ "contextName": "x", "operator": "REGEX", "value": "a\\\\" }), "a\\\\(?:)"),
        ] {
            let features = json!({ "version": 2, "features": [constrained(&constraint)] });
            let (copy, warnings) = safe(&serde_json::from_value(features).unwrap());
            assert_eq!(warnings, []);
            let strategy = &copy.features[0].strategies.as_ref().unwrap()[0];
            assert_eq!(strategy.constraints.as_ref().unwrap()[0].value.as_deref(), Some(becomes));
        }
    }
}
