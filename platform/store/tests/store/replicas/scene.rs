//! A primary, a standby of it, and processes that read and write on both.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, Secret, SystemClock, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::{
    Engine, Environment, PostgresOptions, ReplicaStanding, Replicas, ReplicasReport, Rows, Store, StoreError, Tx,
};
use banyan_testkit::{PostgresServer, eventually};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::notes;

pub(super) struct Scene {
    pub(super) primary: PostgresServer,
    pub(super) standby: PostgresServer,
    pub(super) tenant: Uuid,
    environment: Environment,
}

/// One process of an installation.
pub(super) struct Node {
    pub(super) store: Store,
    engine: Engine,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with("")
    }

    /// `options` go to the standby's command line.
    pub(super) fn with(options: &str) -> Self {
        let primary = PostgresServer::start(&[], "");
        let standby = primary.standby(options);
        let random = Arc::new(OsRandom);
        let environment = Environment::new(Arc::new(SystemClock), random.clone(), Cipher::new([7; 32], random));
        Self { tenant: environment.ids.next(), primary, standby, environment }
    }

    /// A process that has read from the standby already.
    pub(super) async fn node(&self) -> Node {
        let node = self.node_with(&self.primary, &self.standby, Duration::from_secs(5)).await;
        node.serves().await;
        node
    }

    pub(super) async fn node_with(&self, primary: &PostgresServer, replica: &PostgresServer, max_lag: Duration) -> Node {
        self.node_of(primary, replica.url("127.0.0.1", ""), max_lag).await
    }

    pub(super) async fn node_of(&self, primary: &PostgresServer, replica: String, max_lag: Duration) -> Node {
        let mut options = PostgresOptions::new(primary.url("127.0.0.1", ""));
        options.replicas = vec![Secret::new(replica)];
        options.max_lag = max_lag;
        let engine = Engine::postgres(options).await.unwrap();
        let store = Store::open(&engine, notes::schema(), self.environment.clone()).await.unwrap();
        Node { store, engine }
    }

    pub(super) fn person(&self) -> Caller {
        self.person_of(self.tenant)
    }

    pub(super) fn person_of(&self, tenant: Uuid) -> Caller {
        let ids = &self.environment.ids;
        Caller::user(tenant, ids.next(), Roles::from_iter([Role::User]), RequestId(ids.next()))
    }
}

impl Node {
    pub(super) fn replicas(&self) -> &Replicas {
        self.engine.replicas().unwrap()
    }

    pub(super) fn report(&self) -> ReplicasReport {
        self.replicas().report()
    }

    pub(super) fn standing(&self) -> ReplicaStanding {
        self.report().replicas[0].standing
    }

    pub(super) async fn stands(&self, standing: ReplicaStanding) {
        eventually(standing.word(), async || self.standing() == standing).await;
    }

    /// Waits until the standby answers reads of people.
    pub(super) async fn serves(&self) {
        let tenant = Uuid::from_u128(1);
        let person = Caller::user(tenant, tenant, Roles::NONE, RequestId(tenant));
        let rows = self.store.bind(&person);
        eventually("the standby answers", async || from_standby(&rows).await).await;
    }
}

/// Whether the server that answers a read is a standby.
pub(super) async fn from_standby(rows: &Rows) -> bool {
    rows.read(|tx| async move { is_standby(&tx).await }).await.unwrap()
}

pub(super) async fn is_standby(tx: &Tx) -> Result<bool, StoreError> {
    let sql = Statement::from_string(DbBackend::Postgres, "SELECT pg_is_in_recovery() AS answer");
    let row = tx.query_one_raw(sql).await?.unwrap();
    Ok(row.try_get("", "answer")?)
}

pub(super) async fn write(rows: &Rows, text: &str) {
    rows.write(move |tx| async move { notes::insert(&tx, text).await }).await.unwrap();
}
