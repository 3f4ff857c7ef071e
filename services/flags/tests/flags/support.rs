//! What several tests need.

use banyan_features::{Context, LocalFlags, Snapshot};
use banyan_flags::Shared;
use banyan_kernel::Caller;
use banyan_testkit::{Answer, App, Bench};
use http::{Extensions, Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const FLAGS: &str = "/api/v1/admin/flags";

/// The service, and what this process evaluates.
pub(crate) async fn app(bench: &mut Bench) -> (App, Shared) {
    bench.stay_in_one_process().await;
    let shared = Shared::default();
    let mut resources = Extensions::new();
    resources.insert(shared.clone());
    resources.insert(LocalFlags::new(shared.features.clone(), "production", Arc::new(bench.clock.clone())));
    (bench.app_with(banyan_flags::service(), json!({}), resources).await, shared)
}

/// A flag that is on in production; its path.
pub(crate) async fn flag(app: &App, caller: &Caller, key: &str, settings: Value) -> String {
    let answer = app.post(caller, FLAGS, json!({ "key": key, "environments": { "production": settings } })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    format!("{FLAGS}/{key}")
}

pub(crate) async fn put(app: &App, caller: &Caller, path: &str, settings: Value) -> Answer {
    let call = app.call(caller, Method::PUT, &format!("{path}/environments/production"));
    call.header("x-reason", "a test").json(settings).send().await
}

pub(crate) fn production(shared: &Shared, bench: &Bench) -> Arc<Snapshot> {
    shared.features.get(bench.tenant, "production").unwrap()
}

pub(crate) fn is_on(shared: &Shared, bench: &Bench, key: &str) -> bool {
    production(shared, bench).enabled(key, &Context::of_user("ann"))
}
