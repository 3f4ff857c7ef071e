//! The operators' tenant, with a door that remembers what it was told.

use std::sync::Arc;

use banyan_gateway::{Door, DoorLink, Entry, EntryFault, Kind, Purge, Purging, SplitSums};
use banyan_testkit::{App, Bench};
use http::Extensions;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A door that remembers what it was told. It takes no entry that says `bad`, or leads to an upstream that is not stored.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) routes: Mutex<Vec<String>>,
    pub(crate) entries: Mutex<Vec<Entry>>,
    pub(crate) splits: Mutex<Vec<Value>>,
    /// What it saw and did not tell yet.
    pub(crate) sums: Mutex<Vec<SplitSums>>,
    pub(crate) purges: Mutex<Vec<Purge>>,
    /// A key that its file does not take any more.
    pub(crate) refuses: Mutex<Option<&'static str>>,
    /// What is wrong with routes of migrations.
    pub(crate) fault: Mutex<Option<&'static str>>,
}

impl Door for Told {
    fn follow(&self, routes: &str) -> Result<(), String> {
        if let Some(fault) = *self.fault.lock() {
            return Err(fault.to_owned());
        }
        self.routes.lock().push(routes.to_owned());
        Ok(())
    }

    fn store(&self, entries: &[Entry]) {
        *self.entries.lock() = entries.to_vec();
    }

    fn check(&self, entries: &[Entry]) -> Vec<EntryFault> {
        let refused = *self.refuses.lock();
        let bad = ["bad"].into_iter().chain(refused);
        let bad: Vec<&str> = bad.collect();
        let named = |name: &str| entries.iter().any(|entry| entry.kind == Kind::Upstream && entry.name == name);
        let fault = |entry: &Entry, key: &str| EntryFault {
            kind: entry.kind,
            name: entry.name.clone(),
            key: key.to_owned(),
            code: Some("unknown-key".to_owned()),
            values: [("known".to_owned(), "path, service".to_owned())].into(),
            reason: "is not known here".to_owned(),
            remedy: "remove it".to_owned(),
            message: None,
        };
        let of_entry = |entry: &Entry| {
            let key = bad.iter().find(|key| entry.definition.contains_key(**key)).copied();
            let gone = entry.definition.get("upstream").and_then(Value::as_str).is_some_and(|name| !named(name));
            key.or(gone.then_some("upstream")).map(|key| fault(entry, key))
        };
        entries.iter().filter_map(of_entry).collect()
    }

    fn refused(&self) -> Vec<EntryFault> {
        self.check(&self.entries.lock())
    }

    fn splits(&self) -> Vec<Value> {
        self.splits.lock().clone()
    }

    fn take_sums(&self) -> Vec<SplitSums> {
        std::mem::take(&mut *self.sums.lock())
    }

    fn purge(&self, purge: Purge) -> Purging {
        self.purges.lock().push(purge);
        Box::pin(std::future::ready(()))
    }

    fn cache_stats(&self) -> Value {
        json!({ "hits": 7 })
    }

    fn observed(&self) -> Vec<Value> {
        vec![json!({ "path": "/api/v1/goals/{id}" })]
    }
}

impl Told {
    pub(crate) fn last(&self) -> String {
        self.routes.lock().last().cloned().unwrap_or_default()
    }

    /// The names of what it follows.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries.lock().iter().map(|entry| entry.name.clone()).collect()
    }
}

/// The operators' tenant, with a door, and a service to move to.
pub(crate) async fn app(bench: &Bench) -> (App, Arc<Told>) {
    let (link, told) = (DoorLink::default(), Arc::new(Told::default()));
    link.connect(told.clone());
    (app_with(bench, link).await, told)
}

pub(crate) async fn app_with(bench: &Bench, link: DoorLink) -> App {
    let mut resources = Extensions::new();
    resources.insert(link);
    let service = banyan_gateway::service();
    let host = bench.host(&service, json!({}), resources).await;
    host.mesh.register("goals", axum::Router::new(), ["/api/v1/goals", "/api/v1/goals/{id}"]).unwrap();
    host.mesh.register("content", axum::Router::new(), ["/api/v1/feed"]).unwrap();
    host.mesh.register("identity", axum::Router::new(), ["/api/v1/auth/login"]).unwrap();
    let mut app = App::new(&service, host);
    app.name_tenant(banyan_kernel::OPERATORS);
    app
}
