//! The bench a test works at.

use std::sync::Arc;

use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, TestClock, Timestamp, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{EngineKind, Environment, Store};

use crate::TestDatabase;

/// 2024-01-15T10:00:00Z, a Monday: where every test's clock starts.
const START: Timestamp = Timestamp::from_seconds(1_705_312_800);

/// One engine, one clock, one tenant.
pub struct Bench {
    pub database: TestDatabase,
    pub clock: TestClock,
    pub environment: Environment,
    pub tenant: Uuid,
}

impl Bench {
    pub async fn on(kind: EngineKind) -> Self {
        let clock = TestClock::at(START);
        let random = Arc::new(OsRandom);
        let environment = Environment::new(Arc::new(clock.clone()), random.clone(), Cipher::new([7; 32], random));
        let tenant = environment.ids.next();
        Self { database: TestDatabase::new(kind).await, clock, environment, tenant }
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
        Caller::user(self.new_id(), user, caller.roles, self.request())
    }

    pub fn anonymous(&self) -> Caller {
        Caller::anonymous(self.tenant, self.request())
    }
}
