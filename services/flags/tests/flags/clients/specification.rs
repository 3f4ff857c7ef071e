//! Every case of Unleash's client specification, asked by HTTP.

use std::fs;
use std::path::{Path, PathBuf};

use banyan_features::{ClientFeatures, Features, Snapshot};
use http::Method;
use serde_json::{Value, json};

use super::{Door, FRONTEND};

/// Where `cargo xtask flag-clients` puts it.
fn folder() -> PathBuf {
    let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/flag-clients/node_modules");
    let folder = libraries.join("@unleash/client-specification/specifications");
    assert!(folder.exists(), "no specification: run `cargo xtask flag-clients` first (`cargo xtask test` does it by itself)");
    folder
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// The state of a file: a document, or the events that lead to one.
fn state(state: &Value) -> ClientFeatures {
    match state.get("events") {
        Some(_) => ClientFeatures::create_from_delta(&serde_json::from_value(state.clone()).unwrap()),
        None => serde_json::from_value(state.clone()).unwrap(),
    }
}

/// What a client that knows only what is on makes of the answer.
fn variant_of(toggle: Option<&Value>) -> Value {
    let off = json!({ "name": "disabled", "enabled": false, "feature_enabled": false });
    let mut variant = toggle.map_or(off, |toggle| toggle["variant"].clone());
    variant.as_object_mut().unwrap().remove("featureEnabled");
    variant
}

async fn cases(door: &Door, features: &Features, file: &Value, revision: i64) -> (usize, Vec<String>) {
    let snapshot = Snapshot::compile(door.bench.tenant, "development", revision, state(&file["state"])).0;
    features.replace(snapshot);
    let (mut count, mut wrong) = (0, Vec::new());
    for kind in ["tests", "variantTests"] {
        for case in file[kind].as_array().into_iter().flatten() {
            let call = door.app.call(&door.nobody(), Method::POST, "/api/frontend").header("authorization", FRONTEND);
            let answer = call.json(json!({ "context": case["context"] })).send().await;
            let toggles = answer.body["toggles"].as_array().cloned().unwrap_or_default();
            let toggle = toggles.iter().find(|toggle| toggle["name"] == case["toggleName"]);
            let found = if kind == "tests" { json!(toggle.is_some()) } else { variant_of(toggle) };
            if found != case["expectedResult"] {
                wrong.push(format!("{}: {}: {found} instead of {}", file["name"], case["description"], case["expectedResult"]));
            }
            count += 1;
        }
    }
    (count, wrong)
}

#[tokio::test]
async fn every_case_of_the_client_specification_is_answered_as_it_says() {
    let folder = folder();
    let door = Door::open().await;
    let names: Vec<String> = serde_json::from_value(read(&folder, "index.json")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, revision) in names.iter().zip(1..) {
        let (cases, faults) = cases(&door, &door.features, &read(&folder, name), revision).await;
        count += cases;
        wrong.extend(faults);
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 279, "only {count} cases in {} files", names.len());
}
