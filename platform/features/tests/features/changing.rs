//! Snapshots that are replaced.

use std::sync::Arc;

use banyan_features::{Features, Scope, Snapshot};
use banyan_kernel::Uuid;
use serde_json::{Value, json};

use crate::{TENANT, document, rolled_out, snapshot};

fn events(features: &Features, since: Option<i64>, scope: &Scope) -> Option<(i64, Vec<Value>)> {
    let changes = features.changes(TENANT, "development", since, scope)?;
    let body: Value = serde_json::from_str(&changes.body).unwrap();
    Some((changes.revision, body["events"].as_array().unwrap().clone()))
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_next_read_sees_what_was_put_and_who_waits_is_told() {
    let features = Features::default();
    let mut changed = features.changed(TENANT, "development");
    assert_eq!((*changed.borrow(), features.get(TENANT, "development").is_none()), (-1, true));
    assert!(features.put(snapshot(5, json!([rolled_out("a", 10)]))));
    assert_eq!(features.get(TENANT, "development").unwrap().revision(), 5);
    changed.changed().await.unwrap();
    assert_eq!(*changed.borrow_and_update(), 5);
    // What is older, or the same, changes nothing.
    assert!(!features.put(snapshot(4, json!([]))) && !features.put(snapshot(5, json!([rolled_out("a", 10)]))));
    assert!(!changed.has_changed().unwrap());
    features.replace(snapshot(3, json!([])));
    assert_eq!(features.get(TENANT, "development").unwrap().revision(), 3);
    assert!(features.get(TENANT, "production").is_none() && features.get(Uuid::nil(), "development").is_none());
    features.remove(TENANT, "development");
    assert!(features.get(TENANT, "development").is_none() && features.known().is_empty());
    changed.mark_unchanged();
    assert!(changed.changed().await.is_err(), "who waits hears of the end");
}

#[test]
fn changes_are_told_since_a_revision() {
    let (features, all) = (Features::default(), Scope::default());
    assert_eq!(events(&features, None, &all), None);
    features.put(snapshot(10, json!([rolled_out("a", 10), rolled_out("b", 10)])));
    let (revision, first) = events(&features, None, &all).unwrap();
    assert_eq!((revision, kinds(&first), first[0]["features"].as_array().unwrap().len()), (10, vec!["hydration"], 2));
    assert_eq!(events(&features, Some(10), &all), None, "nothing new");

    features.put(snapshot(11, json!([rolled_out("a", 20), rolled_out("b", 10)])));
    let mut moved = rolled_out("b", 10);
    moved["project"] = json!("shop");
    let segment = json!({ "id": 1, "constraints": [] });
    let (with_segment, _) = Snapshot::compile(
        TENANT,
        "development",
        12,
        document(json!([rolled_out("a", 20), moved, rolled_out("c", 1)]), json!([segment])),
    );
    features.put(with_segment);
    features.put(snapshot(13, json!([rolled_out("c", 1)])));

    let (revision, since_ten) = events(&features, Some(10), &all).unwrap();
    let expected = [
        "feature-updated",
        "segment-updated",
        "feature-removed",
        "feature-updated",
        "feature-updated",
        "feature-removed",
        "feature-removed",
        "segment-removed",
    ];
    assert_eq!((revision, kinds(&since_ten)), (13, expected.to_vec()));
    assert_eq!((&since_ten[0]["eventId"], &since_ten[0]["feature"]["name"]), (&json!(11), &json!("a")));
    assert_eq!((&since_ten[2]["featureName"], &since_ten[2]["project"]), (&json!("b"), &json!("default")));
    // Somebody who came from elsewhere gets everything.
    for stranger in [Some(9), Some(14), None] {
        assert_eq!(kinds(&events(&features, stranger, &all).unwrap().1), ["hydration"], "{stranger:?}");
    }
    // Who sees one project hears of that alone.
    let shop = Scope { projects: Some(["shop".to_owned()].into()), ..Scope::default() };
    assert_eq!(
        kinds(&events(&features, Some(10), &shop).unwrap().1),
        ["segment-updated", "feature-updated", "feature-removed", "segment-removed"]
    );
    let blog = Scope { projects: Some(["blog".to_owned()].into()), ..Scope::default() };
    assert_eq!(kinds(&events(&features, Some(12), &blog).unwrap().1), ["segment-removed"]);
    assert_eq!(events(&features, Some(10), &Scope { prefix: "zzz".into(), ..shop }).map(|(_, events)| events.len()), Some(2));
}

#[test]
fn who_was_away_for_long_gets_everything() {
    let (features, all) = (Features::default(), Scope::default());
    for revision in 1..=700 {
        features.put(snapshot(revision, json!([rolled_out("a", u32::try_from(revision % 100).unwrap())])));
    }
    assert_eq!(kinds(&events(&features, Some(1), &all).unwrap().1), ["hydration"]);
    assert_eq!(events(&features, Some(690), &all).unwrap().1.len(), 10);
}

#[test]
fn readers_see_whole_states_while_writers_replace_them() {
    let features = Features::default();
    let state = |revision: i64| {
        let on = revision % 2 == 0;
        let flag = |name: &str| json!({ "name": name, "enabled": on, "strategies": [{ "name": "default" }] });
        snapshot(revision, json!([flag("a"), flag("b")]))
    };
    features.put(state(0));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let features = features.clone();
            std::thread::spawn(move || {
                for _ in 0..2_000 {
                    let seen: Arc<Snapshot> = features.get(TENANT, "development").unwrap();
                    let context = banyan_features::Context::default();
                    assert_eq!(seen.enabled("a", &context), seen.enabled("b", &context));
                }
            })
        })
        .collect();
    (1..200).for_each(|revision| assert!(features.put(state(revision))));
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    let counted: u64 = features.take_counts().iter().map(|count| count.yes + count.no).sum();
    assert_eq!(counted, 2 * 2 * 2_000, "no evaluation is lost when snapshots are replaced");
}
