//! Roll-outs by percent: the share that was asked for, the same people each time, and nobody taken back when it grows.

use banyan_features::{Context, Snapshot};
use proptest::prelude::*;
use serde_json::json;

use crate::{rolled_out, snapshot};

fn share(snapshot: &Snapshot, flag: &str, users: std::ops::Range<u32>) -> usize {
    users.filter(|user| snapshot.enabled(flag, &Context::of_user(format!("user-{user}")))).count()
}

#[test]
fn the_dashboard_at_half_is_on_for_about_half_of_a_hundred_users() {
    let snapshot = snapshot(1, json!([rolled_out("new-dashboard", 50)]));
    let on = share(&snapshot, "new-dashboard", 0..100);
    assert!((41..=59).contains(&on), "{on} of user-0 to user-99");
}

#[test]
fn variants_are_chosen_by_their_weights_and_stay() {
    let variants =
        json!([{ "name": "a", "weight": 700, "stickiness": "default" }, { "name": "b", "weight": 300, "stickiness": "default" }]);
    let features = json!([{ "name": "checkout", "enabled": true, "strategies": [{ "name": "default" }], "variants": variants }]);
    let (first, again) = (snapshot(1, features.clone()), snapshot(2, features));
    let mut a = 0;
    for user in 0..10_000 {
        let context = Context::of_user(format!("user-{user}"));
        let chosen = first.evaluate("checkout", &context).unwrap().variant.unwrap().name;
        assert_eq!(chosen, again.evaluate("checkout", &context).unwrap().variant.unwrap().name);
        a += u32::from(chosen == "a");
    }
    // Four standard deviations of 10,000 draws at 0.7.
    assert!((6_816..=7_184).contains(&a), "{a} of 10,000");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Of n users, p ± five standard deviations: once in some two million flags it would be more.
    #[test]
    fn a_share_is_what_was_asked_for(percent in 0_u32..=100, name in "[a-z][a-z0-9.-]{2,20}", first in 0_u32..1_000_000) {
        let snapshot = snapshot(1, json!([rolled_out(&name, percent)]));
        let users = 4_000;
        let on = share(&snapshot, &name, first..first + users);
        let p = f64::from(percent) / 100.0;
        let expected = f64::from(users) * p;
        let deviation = (f64::from(users) * p * (1.0 - p)).sqrt();
        let off = (f64::from(u32::try_from(on).unwrap()) - expected).abs();
        prop_assert!(off <= 5.0 * deviation + f64::EPSILON, "{on} of {users} at {percent} %");
    }

    #[test]
    fn whoever_has_it_keeps_it_while_it_grows(low in 0_u32..=100, more in 0_u32..=100, name in "[a-z]{3,12}", user in "[ -~]{1,40}") {
        let high = (low + more).min(100);
        let (before, after) = (snapshot(1, json!([rolled_out(&name, low)])), snapshot(2, json!([rolled_out(&name, high)])));
        let context = Context::of_user(user);
        prop_assert!(!before.enabled(&name, &context) || after.enabled(&name, &context));
    }

    #[test]
    fn a_user_gets_the_same_answer_after_every_reload(percent in 0_u32..=100, user in "\\PC{1,40}", others in 0_usize..20) {
        let flags = |others: usize| {
            let mut flags: Vec<_> = (0..others).map(|number| rolled_out(&format!("other-{number}"), 50)).collect();
            flags.push(rolled_out("mine", percent));
            json!(flags)
        };
        let context = Context::of_user(user);
        let (first, later) = (snapshot(1, flags(0)), snapshot(9, flags(others)));
        prop_assert_eq!(first.enabled("mine", &context), later.enabled("mine", &context));
        prop_assert_eq!(first.enabled("mine", &context), first.enabled("mine", &context));
    }
}
