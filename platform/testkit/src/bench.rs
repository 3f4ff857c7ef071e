//! The bench a test works at.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use banyan_cache::{Cache, Company, Settings};
use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, Timestamp, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{EngineKind, Environment, Store};

use crate::split::{self, Installation};
use crate::{BenchClock, TestDatabase};

/// 2024-01-15T10:00:00Z, a Monday: where every test's clock starts.
const START: Timestamp = Timestamp::from_seconds(1_705_312_800);

/// One engine, one clock, one tenant.
pub struct Bench {
    pub database: TestDatabase,
    pub clock: BenchClock,
    pub environment: Environment,
    /// One for all services of the test, as in a server of one process.
    pub cache: Cache,
    pub tenant: Uuid,
    /// Where services are processes of their own.
    pub(crate) split: Option<Arc<Installation>>,
    /// Tenants that a front door knows.
    others: Vec<Uuid>,
    next_other: AtomicUsize,
}

fn cache(clock: &BenchClock) -> Cache {
    Cache::new(&Settings::default(), Company::Alone, Arc::new(clock.clone()), &OsRandom)
}

impl Bench {
    pub async fn on(kind: EngineKind) -> Self {
        match (kind, split::instances()) {
            (EngineKind::Postgres, Some(instances)) => Self::split(instances).await,
            _ => {
                let database = TestDatabase::new(kind).await;
                Self::at(database, BenchClock::at(START))
            }
        }
    }

    fn at(database: TestDatabase, clock: BenchClock) -> Self {
        let random = Arc::new(OsRandom);
        let environment = Environment::new(Arc::new(clock.clone()), random.clone(), Cipher::new(split::MASTER_KEY, random));
        let cache = cache(&clock);
        let tenant = environment.ids.next();
        Self { database, clock, environment, cache, tenant, split: None, others: Vec::new(), next_other: AtomicUsize::default() }
    }

    /// On the database of an installation that has its tenants and keys already.
    async fn split(instances: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let clock = BenchClock::at(START).written_to(&split::clock_file(folder.path()));
        let installation = Installation::make(instances, folder.path()).await;
        let database = TestDatabase::of(folder, installation.url()).await;
        let (tenant, others) = installation.tenants().await;
        Self { tenant, others, split: Some(Arc::new(installation)), ..Self::at(database, clock) }
    }

    /// First of all in a test that looks into a process: its services stay in the test's own, even where others are split.
    /// `docs/cluster.md` lists who does, and why.
    pub async fn stay_in_one_process(&mut self) {
        if self.split.is_some() {
            *self = Self::at(TestDatabase::new(EngineKind::Postgres).await, BenchClock::at(START));
        }
    }

    /// Services that are started from now on find nothing in memory, as in a process that was started again.
    pub fn forget_what_is_kept(&mut self) {
        self.cache = cache(&self.clock);
    }

    /// Whether services that are started from now on are processes of their own.
    pub fn is_split(&self) -> bool {
        self.split.is_some()
    }

    /// Runs a statement on PostgreSQL as the superuser, past all rules.
    ///
    /// # Panics
    /// On another engine, and when it fails.
    pub async fn execute(&self, sql: &str) {
        let url = self.database.postgres_url().expect("a bench on PostgreSQL");
        split::execute(url, sql).await;
    }

    /// Opens a service's database.
    pub async fn store(&self, schema: Schema) -> Store {
        Store::open(&self.database.engine, schema, self.environment.clone()).await.expect("the store opens")
    }

    pub fn new_id(&self) -> Uuid {
        self.environment.ids.next()
    }

    fn request(&self) -> RequestId {
        RequestId(self.new_id())
    }

    /// Someone new who is signed in to the bench's tenant.
    pub fn user(&self) -> Caller {
        self.with_role(Role::User)
    }

    /// Someone new with one role in the bench's tenant.
    pub fn with_role(&self, role: Role) -> Caller {
        Caller::user(self.tenant, self.new_id(), Roles::from_iter([role]), self.request())
    }

    /// The same person's id, in a tenant of another name.
    pub fn in_other_tenant(&self, caller: &Caller) -> Caller {
        let user = caller.user_id().expect("a signed-in caller");
        let tenant = match &self.others[..] {
            [] => self.new_id(),
            others => others[self.next_other.fetch_add(1, Ordering::Relaxed) % others.len()],
        };
        Caller::user(tenant, user, caller.roles, self.request())
    }

    pub fn anonymous(&self) -> Caller {
        Caller::anonymous(self.tenant, self.request())
    }
}
