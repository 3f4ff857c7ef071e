//! What evaluating a flag costs in the process.
//!
//! Run by `cargo xtask bench flags`, as `evaluation_cost ROUNDS EVALUATIONS`. One thread evaluates one flag after the other; the round in the
//! middle counts. Prints JSON: nanoseconds of the clock for each evaluation.
#![allow(clippy::print_stdout, reason = "a command-line tool speaks to its user")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use banyan_features::{Context, Features, LocalFlags, Scope, Snapshot};
use banyan_kernel::{SystemClock, Uuid};
use serde_json::{Value, json};

const TENANT: Uuid = Uuid::from_u128(1);
/// As many as the aim speaks of.
const FLAGS: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let rounds = arguments.next().transpose()?.unwrap_or(5).max(1);
    let evaluations = arguments.next().transpose()?.unwrap_or(200_000).max(1);
    let features = Features::default();
    let (snapshot, warnings) = Snapshot::compile(TENANT, "production", 1, serde_json::from_value(document())?);
    if let Some(warning) = warnings.first() {
        return Err(warning.to_string().into());
    }
    features.put(snapshot);
    let flags = LocalFlags::new(features, "production", Arc::new(SystemClock));
    let cases: Vec<Value> = cases(rounds, evaluations, &flags);
    println!("{}", json!({ "rounds": rounds, "evaluations": evaluations, "flags": FLAGS, "cases": cases }));
    Ok(())
}

/// A tenth of the flags each: for everybody, off, by share, by constraint, by segment, by list, by time, with variants, and rolled out to some.
fn document() -> Value {
    let features: Vec<Value> = (0..FLAGS).map(|number| feature(number, &format!("flag-{number}"))).collect();
    let segments =
        json!([{ "id": 1, "constraints": [{ "contextName": "plan", "operator": "IN", "values": ["gold", "silver"] }] }]);
    json!({ "version": 2, "features": features, "segments": segments })
}

fn feature(number: usize, name: &str) -> Value {
    let rolled = |percent: &str| json!({ "name": "flexibleRollout", "parameters": { "rollout": percent, "stickiness": "default", "groupId": name } });
    let constrained = |constraint: Value| json!({ "name": "default", "constraints": [constraint] });
    let strategy = match number % 10 {
        0 | 1 => json!({ "name": "default" }),
        2 | 3 => rolled("50"),
        4 => constrained(json!({ "contextName": "role", "operator": "IN", "values": ["admin", "coach"] })),
        5 => json!({ "name": "default", "segments": [1] }),
        6 => json!({ "name": "userWithId", "parameters": { "userIds": "user-1,user-2,user-3" } }),
        7 => constrained(json!({ "contextName": "currentTime", "operator": "DATE_AFTER", "value": "2024-01-15T10:00:00Z" })),
        _ => rolled("100"),
    };
    let variants = match number % 10 {
        8 => {
            json!([{ "name": "a", "weight": 500, "stickiness": "default" }, { "name": "b", "weight": 500, "stickiness": "default" }])
        }
        _ => json!([]),
    };
    json!({ "name": name, "enabled": number % 10 != 1, "strategies": [strategy], "variants": variants })
}

fn cases(rounds: usize, evaluations: usize, flags: &LocalFlags) -> Vec<Value> {
    let user = Context::of_user("user-4711").with("role", "coach").with("plan", "gold");
    let enabled = |key: &str| black_box(flags.enabled(TENANT, black_box(key), black_box(&user)));
    let mut cases = Vec::new();
    for (name, key) in [
        ("on for everybody", "flag-500"),
        ("switched off", "flag-501"),
        ("not there", "no-such-flag"),
        ("half of the users", "flag-502"),
        ("by role", "flag-504"),
        ("by segment", "flag-505"),
        ("from a list of users", "flag-506"),
        ("from a time on", "flag-507"),
    ] {
        cases.push(json!({ "name": name, "nanoseconds": middle(rounds, evaluations, |_| seen(enabled(key))) }));
    }
    let snapshot = flags.of(TENANT);
    let variant = |_| seen(black_box(snapshot.as_ref().and_then(|flags| flags.evaluate(black_box("flag-508"), &user))));
    cases.push(json!({ "name": "with a variant", "nanoseconds": middle(rounds, evaluations, variant) }));
    let names: Vec<String> = (0..FLAGS).map(|number| format!("flag-{number}")).collect();
    let each = |at: usize| seen(enabled(&names[at % FLAGS]));
    cases.push(json!({ "name": "each of the thousand in turn", "nanoseconds": middle(rounds, evaluations, each) }));
    let (scope, now) = (Scope::default(), flags.now(user.clone()));
    let all = |_| {
        seen(black_box(snapshot.as_ref().map(|flags| flags.all(&now, &scope).filter(|named| named.evaluation.enabled).count())));
    };
    let whole = middle(rounds, (evaluations / FLAGS).max(10), all);
    cases.push(json!({ "name": "all of them at once, each", "nanoseconds": whole / 1_000.0 }));
    cases
}

/// Nobody may find out that nobody looks.
fn seen<T>(found: T) {
    let _unused = black_box(found);
}

/// Of the round in the middle, for each evaluation.
fn middle(rounds: usize, evaluations: usize, evaluate: impl Fn(usize)) -> f64 {
    let round = |_| {
        let began = Instant::now();
        (0..evaluations).for_each(&evaluate);
        began.elapsed().as_nanos() as f64 / evaluations as f64
    };
    let mut found: Vec<f64> = (0..rounds).map(round).collect();
    found.sort_by(f64::total_cmp);
    found.get(rounds / 2).copied().unwrap_or_default()
}
