//! What was evaluated.

use banyan_features::{Context, Count, Features, Scope};
use serde_json::json;

use crate::{TENANT, rolled_out, snapshot};

#[test]
fn yes_no_and_variants_are_counted_once() {
    let features = Features::default();
    let variants = json!([{ "name": "v", "weight": 1 }]);
    features.put(snapshot(
        1,
        json!([
            { "name": "on", "enabled": true, "strategies": [{ "name": "default" }], "variants": variants },
            { "name": "off", "enabled": false },
            rolled_out("never asked", 50),
        ]),
    ));
    let flags = features.get(TENANT, "development").unwrap();
    let ann = Context::of_user("ann");
    for _ in 0..3 {
        assert!(flags.enabled("on", &ann) && !flags.enabled("off", &ann));
    }
    flags.evaluate("on", &ann);
    // Those who look, and those who get all, do not count.
    flags.peek("on", &ann);
    assert_eq!(flags.all(&ann, &Scope::default()).count(), 3);
    let mut counts = features.take_counts();
    counts.sort_by(|a, b| a.flag.cmp(&b.flag));
    let count = |flag: &str, yes, no, variants| Count {
        tenant: TENANT,
        environment: "development".into(),
        flag: flag.into(),
        yes,
        no,
        variants,
    };
    assert_eq!(counts, [count("off", 0, 3, vec![]), count("on", 4, 0, vec![("v".to_owned(), 1)])]);
    assert_eq!(features.take_counts(), []);
}

#[test]
fn what_is_counted_by_who_holds_an_old_snapshot_counts() {
    let features = Features::default();
    features.put(snapshot(1, json!([rolled_out("a", 100)])));
    let old = features.get(TENANT, "development").unwrap();
    features.put(snapshot(2, json!([rolled_out("a", 0), rolled_out("b", 100)])));
    assert_eq!(features.take_counts(), []);
    assert!(old.enabled("a", &Context::of_user("ann")));
    assert_eq!(features.take_counts().iter().map(|count| (count.flag.as_str(), count.yes)).collect::<Vec<_>>(), [("a", 1)]);
}
