//! A change of an event type that those who read the present one would stumble over does not pass.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use banyan_contracts::catalogue::{EventType, breaks, event_types};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events")
}

fn file(one: &EventType) -> PathBuf {
    folder().join(format!("{}.json", one.kind))
}

fn written(one: &EventType) -> Option<Value> {
    std::fs::read(file(one)).ok().map(|text| serde_json::from_slice(&text).unwrap())
}

const WRITE: &str = "`cargo nextest run -p banyan-contracts --run-ignored only` writes the present ones";

/// What is wrong with the change from what was written to what is.
fn judge(one: &EventType, old: &Value) -> Option<String> {
    let broken = breaks(&old["data"], &one.schema);
    if old["version"] == one.version && !broken.is_empty() {
        return Some(format!(
            "{} v{} breaks those who read it: {}. Raise its VERSION, and say in `upcast` how the old one is read",
            one.kind,
            one.version,
            broken.join("; ")
        ));
    }
    (old["version"].as_u64() > Some(one.version.into())).then(|| format!("{}: the version went back", one.kind))
}

#[test]
fn no_change_breaks_those_who_read_the_present_events() {
    let types = event_types();
    for one in &types {
        let Some(old) = written(one) else { panic!("{} is not in docs/events: {WRITE}", one.kind) };
        assert_eq!(judge(one, &old), None);
        assert_eq!(old, one.document(), "{} has changed, though nobody breaks: {WRITE}", one.kind);
    }
    let known: BTreeSet<PathBuf> = types.iter().map(file).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.iter().any(|one| one.file_name() == path.file_name()), "{}: no such event any more", path.display());
    }
}

#[test]
#[ignore = "not a test: writes docs/events/"]
fn write_the_present_events() {
    std::fs::create_dir_all(folder()).unwrap();
    for one in event_types() {
        if let Some(said) = written(&one).and_then(|old| judge(&one, &old)) {
            panic!("{said}");
        }
        std::fs::write(file(&one), serde_json::to_string_pretty(&one.document()).unwrap() + "\n").unwrap();
    }
}

/// Every `TYPE` that stands in the source is in the list.
#[test]
fn no_event_type_is_forgotten() {
    let known: BTreeSet<&str> = event_types().iter().map(|one| one.kind).collect();
    for service in ["content", "event_door", "flags", "goals", "identity"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{service}.rs"));
        let text = std::fs::read_to_string(path).unwrap();
        let literals = text.split('"').skip(1).step_by(2).filter(|word| word.starts_with(&format!("{service}.")));
        for literal in literals {
            assert!(known.contains(literal), "{literal} is not among `event_types()`");
        }
    }
}

#[test]
fn what_breaks_and_what_does_not() {
    let old = json!({ "type": "object", "required": ["id", "tags"], "properties": {
        "id": { "type": "string" }, "note": { "type": ["string", "null"] }, "tags": { "type": "array", "items": { "type": "string" } },
    } });
    let changed = |change: fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        breaks(&old, &new)
    };
    assert!(changed(|_| {}).is_empty());
    assert!(changed(|new| new["properties"]["more"] = json!({ "type": "integer" })).is_empty(), "a new field");
    assert!(changed(|new| new["required"] = json!(["id", "tags", "note"])).is_empty(), "one that is always there now");
    assert_eq!(changed(|new| new["required"] = json!(["id"])), ["/tags need not be there any more"]);
    assert_eq!(
        changed(|new| {
            new["properties"].as_object_mut().unwrap().remove("note");
        }),
        ["/note is gone"]
    );
    assert_eq!(changed(|new| new["properties"]["id"]["type"] = json!("integer")).len(), 1);
    assert_eq!(changed(|new| new["properties"]["tags"]["items"]["type"] = json!("integer")).len(), 1);
}
