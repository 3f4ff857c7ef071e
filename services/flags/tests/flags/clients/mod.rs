//! Programs that ask for flags by Unleash's protocol and by OpenFeature's.

mod caller;
mod frontend;
mod ofrep;
mod specification;
mod unleash;

use std::sync::Arc;

use async_trait::async_trait;
use banyan_features::{ClientFeatures, Count, Features, LocalFlags, Snapshot};
use banyan_flags::{AddCounts, ClientIdentity, ClientKind, VerifyTokens};
use banyan_http::Problem;
use banyan_kernel::{Caller, Uuid};
use banyan_store::EngineKind;
use banyan_testkit::{App, Bench};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub(crate) const CLIENT: &str = "*:development.client";
pub(crate) const SHOP: &str = "shop:development.client";
pub(crate) const FRONTEND: &str = "*:development.frontend";
pub(crate) const ADMIN: &str = "*:*.admin";

/// Tokens as a test wants them, and what was counted.
#[derive(Clone, Default)]
pub(crate) struct Outside {
    tenant: Arc<Mutex<Uuid>>,
    pub(crate) revoked: Arc<Mutex<Vec<String>>>,
    pub(crate) counts: Arc<Mutex<Vec<Count>>>,
}

#[async_trait]
impl VerifyTokens for Outside {
    async fn verify(&self, token: &str) -> Result<Option<ClientIdentity>, Problem> {
        if self.revoked.lock().iter().any(|revoked| revoked == token) {
            return Ok(None);
        }
        let (kind, environment, projects) = match token {
            CLIENT => (ClientKind::Client, Some("development"), None),
            SHOP => (ClientKind::Client, Some("development"), Some("shop")),
            FRONTEND => (ClientKind::Frontend, Some("development"), None),
            ADMIN => (ClientKind::Admin, None, None),
            _ => return Ok(None),
        };
        let projects = projects.map(|name: &str| [name.to_owned()].into());
        Ok(Some(ClientIdentity { tenant: *self.tenant.lock(), kind, environment: environment.map(Arc::from), projects }))
    }
}

impl AddCounts for Outside {
    fn add(&self, counts: Vec<Count>) {
        self.counts.lock().extend(counts);
    }
}

/// The service with flags that were put there by hand, in `development`.
pub(crate) struct Door {
    pub(crate) bench: Bench,
    pub(crate) app: App,
    pub(crate) features: Features,
    pub(crate) outside: Outside,
}

impl Door {
    pub(crate) async fn open() -> Self {
        let door = Self::without_flags().await;
        door.features.complete();
        door
    }

    /// Nobody has told yet which flags there are.
    pub(crate) async fn without_flags() -> Self {
        let mut bench = Bench::on(EngineKind::Sqlite).await;
        bench.stay_in_one_process().await;
        let (features, outside) = (Features::default(), Outside::default());
        *outside.tenant.lock() = bench.tenant;
        let mut resources = http::Extensions::new();
        resources.insert(LocalFlags::new(features.clone(), "development", Arc::new(bench.clock.clone())));
        resources.insert::<Arc<dyn VerifyTokens>>(Arc::new(outside.clone()));
        resources.insert::<Arc<dyn AddCounts>>(Arc::new(outside.clone()));
        let app = bench.app_with(banyan_flags::service(), json!({}), resources).await;
        Self { bench, app, features, outside }
    }

    pub(crate) fn put(&self, revision: i64, features: Value, segments: Value) {
        let document: ClientFeatures =
            serde_json::from_value(json!({ "version": 2, "features": features, "segments": segments })).unwrap();
        self.features.put(Snapshot::compile(self.bench.tenant, "development", revision, document).0);
    }

    pub(crate) fn nobody(&self) -> Caller {
        self.bench.anonymous()
    }
}

pub(crate) fn flag(name: &str) -> Value {
    json!({ "name": name, "enabled": true, "strategies": [{ "name": "default" }] })
}
