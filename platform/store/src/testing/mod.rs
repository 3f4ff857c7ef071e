//! The guard, driven statement by statement: for the attack suite, the comparison of both engines, and tests that take a part of
//! the guard away to prove that they would notice. Behind the feature `testing`; no service is built with it.

pub mod attack;
mod evaluate;
mod ground;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use banyan_kernel::{Caller, Uuid};
use sea_orm::Value;

use crate::context::Context;
use crate::migrate::Schema;
use crate::schema::Table;

pub use crate::sqlite::security::testing as guard;
pub use evaluate::World;
pub use ground::{Act, Answer, Attempt, Ground};
pub use postgres::PostgresGround;
pub use sqlite::SqliteGround;

/// A row by column name.
pub type Row = BTreeMap<String, Value>;

/// All tables of a service's database, the store's own included: what [`attack::attack`] is to be aimed at.
pub fn tables_of(schema: &Schema) -> Vec<Table> {
    schema.clone().with_platform_tables().tables
}

/// On whose behalf a statement runs.
#[derive(Clone, Debug)]
pub enum Who {
    /// No caller is bound at all.
    Unbound,
    Caller(Caller),
    /// The store's own bookkeeping in a tenant.
    Platform(Caller),
}

impl Who {
    pub(crate) fn context(&self) -> Option<Context> {
        match self {
            Self::Unbound => None,
            Self::Caller(caller) => Some(Context::of(caller)),
            Self::Platform(caller) => Some(Context::of(caller).as_platform()),
        }
    }

    pub fn tenant(&self) -> Option<Uuid> {
        self.context().map(|context| context.tenant)
    }
}
