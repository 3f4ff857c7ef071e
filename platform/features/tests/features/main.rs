//! Flags as processes hold and evaluate them.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

mod changing;
mod counting;
mod evaluating;
mod hostile;
mod shares;

use banyan_features::{ClientFeatures, Snapshot};
use banyan_kernel::Uuid;
use serde_json::{Value, json};

pub(crate) const TENANT: Uuid = Uuid::from_u128(0x0190_a5b0_0000_7000_8000_0000_0000_0001);

pub(crate) fn document(features: Value, segments: Value) -> ClientFeatures {
    serde_json::from_value(json!({ "version": 2, "features": features, "segments": segments })).unwrap()
}

/// In `development`, without segments. Nothing may be wrong with it.
pub(crate) fn snapshot(revision: i64, features: Value) -> Snapshot {
    let (snapshot, warnings) = Snapshot::compile(TENANT, "development", revision, document(features, json!([])));
    assert_eq!(warnings, []);
    snapshot
}

/// A flag that is on for a share of users.
pub(crate) fn rolled_out(name: &str, percent: u32) -> Value {
    let parameters = json!({ "rollout": percent.to_string(), "stickiness": "default", "groupId": name });
    json!({ "name": name, "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": parameters }] })
}
