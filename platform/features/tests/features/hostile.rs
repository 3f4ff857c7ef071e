//! Flags that nobody means well with: none of them panics, opens what is closed, or takes others along.

use banyan_features::{Context, Snapshot};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{TENANT, document, rolled_out};

fn compiled(features: Value) -> (Snapshot, usize) {
    let (snapshot, warnings) = Snapshot::compile(TENANT, "development", 1, document(features, json!([])));
    let count = warnings.len();
    (snapshot, count)
}

#[test]
fn weights_that_are_none_give_no_variant() {
    for weights in [[0, 0], [-5, 0], [-5, -5], [i32::MIN, i32::MIN]] {
        let variants: Vec<Value> = weights.iter().map(|weight| json!({ "name": "v", "weight": weight })).collect();
        let own = json!({ "name": "own", "enabled": true, "strategies": [{ "name": "default" }], "variants": variants });
        let below = json!({ "name": "below", "enabled": true, "strategies": [{ "name": "default", "variants": variants }] });
        let (flags, _) = compiled(json!([own, below]));
        for flag in ["own", "below"] {
            let found = flags.evaluate(flag, &Context::default()).unwrap();
            assert_eq!((found.enabled, found.variant), (true, None), "{flag} {weights:?}");
        }
    }
    let heavy =
        json!([{ "name": "a", "weight": i32::MAX }, { "name": "b", "weight": i32::MAX }, { "name": "c", "weight": i32::MAX }]);
    let (flags, _) =
        compiled(json!([{ "name": "f", "enabled": true, "strategies": [{ "name": "default" }], "variants": heavy }]));
    assert!(flags.evaluate("f", &Context::of_user("ann")).unwrap().variant.is_some());
}

#[test]
fn parents_that_are_not_there_or_stand_in_a_circle_turn_off() {
    let depends = |name: &str, on: &str| json!({ "name": name, "enabled": true, "strategies": [{ "name": "default" }], "dependencies": [{ "feature": on }] });
    let (flags, _) = compiled(json!([depends("a", "b"), depends("b", "a"), depends("c", "c"), depends("d", "gone")]));
    assert!(["a", "b", "c", "d"].iter().all(|flag| !flags.enabled(flag, &Context::of_user("ann"))));
}

#[test]
fn one_that_cannot_be_read_takes_no_other_along() {
    let mut bad = rolled_out("bad", 100);
    bad["strategies"][0]["parameters"]["rollout"] = json!("900");
    let regex = json!({ "contextName": "x", "operator": "REGEX", "value": "(" });
    let regex = json!({ "name": "regex", "enabled": true, "strategies": [{ "name": "default", "constraints": [regex] }] });
    let (flags, warnings) = compiled(json!([bad, regex, rolled_out("good", 100)]));
    assert_eq!(warnings, 1);
    let ann = Context::of_user("ann").with("x", "(");
    assert!(flags.enabled("good", &ann) && !flags.enabled("bad", &ann) && !flags.enabled("regex", &ann));
}

#[test]
fn ten_thousand_flags_and_values_compile() {
    let values: Vec<String> = (0..10_000).map(|number| format!("user-{number}")).collect();
    let long = json!({ "contextName": "userId", "operator": "IN", "values": values });
    let mut features: Vec<Value> = (0..10_000).map(|number| rolled_out(&format!("flag-{number}"), number % 101)).collect();
    features.push(json!({ "name": "listed", "enabled": true, "strategies": [{ "name": "default", "constraints": [long] }] }));
    let (flags, warnings) = compiled(json!(features));
    assert_eq!((flags.len(), warnings), (10_001, 0));
    assert!(flags.enabled("listed", &Context::of_user("user-9999")) && !flags.enabled("listed", &Context::of_user("user-10000")));
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\"\\\\\\]\\[(){}!%|, a-z0-9.]{0,30}",
        "\\PC{0,20}",
        Just("5 or true".to_owned()),
        Just("\" or true or user_id in [\"".to_owned())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A constraint that no value can meet stays unmet, whatever stands around it.
    #[test]
    fn no_text_opens_a_closed_flag(
        name in words(), value in words(), values in prop::collection::vec(words(), 0..4), group in words(),
        stickiness in words(), operator in prop::sample::select(vec![
            "IN", "STR_CONTAINS", "STR_STARTS_WITH", "STR_ENDS_WITH", "NUM_EQ", "NUM_GT", "DATE_AFTER", "SEMVER_EQ", "REGEX", "IN_CIDR", "ODD",
        ]),
    ) {
        let closed = json!({ "contextName": "closed", "operator": "IN", "values": ["never"] });
        let free = json!({ "contextName": name, "operator": operator, "value": value, "values": values });
        let parameters = json!({ "rollout": "100", "groupId": group, "stickiness": stickiness });
        let feature = json!({ "name": "f", "enabled": true, "strategies": [
            { "name": "flexibleRollout", "parameters": parameters, "constraints": [closed, free] },
        ] });
        let (flags, _) = compiled(json!([feature]));
        for context in [Context::default(), Context::of_user("ann").with("closed", "open").with(name.clone(), value)] {
            prop_assert!(name == "closed" || !flags.enabled("f", &context));
        }
    }
}
