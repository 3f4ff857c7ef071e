//! PostgreSQL: each transaction takes on the service's unprivileged role and the caller's settings.

mod address;
pub(crate) mod driver;
mod errors;
pub(crate) mod notices;
pub(crate) mod policies;
mod pool;
mod replicas;
pub(crate) mod session;
mod tls;
mod unfinished;
mod upkeep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Secret;
use tokio::sync::Semaphore;
use tokio_postgres::Client;

use crate::context::Context;
use crate::error::StoreError;
use crate::migrate::{Schema, Upkeep};
use crate::rows::Mode;
use crate::store::Observer;
pub use address::{AddressError, PostgresAddress, TlsFiles, TlsMode};
pub(crate) use errors::failed;
pub use replicas::{FallBack, ReplicaReport, ReplicaStanding, Replicas, ReplicasReport};
pub(crate) use session::PostgresSession;

/// How to reach PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Of a log-in role that may take on the services' roles and needs no other right.
    pub url: Secret<String>,
    /// Of the owner of schemas and tables, needed only where they have to be made or migrated. Without it the log-in role does that
    /// if it may.
    pub owner_url: Option<Secret<String>>,
    /// Of replicas of the same database, with the same log-in role. Reads of people go to them where they have all that was acknowledged
    /// before the read. None by default.
    pub replicas: Vec<Secret<String>>,
    /// A replica that has missed something for longer is not asked; 1 s by default.
    pub max_lag: Duration,
    /// Transactions at a time, over all services of the process, and as many on each replica; 20 by default.
    pub max_connections: usize,
    /// Idle connections that a service keeps; 5 by default.
    pub min_connections: usize,
    /// How long a transaction waits for a connection; 30 s by default.
    pub acquire: Duration,
    /// After how long an idle connection beyond `min_connections` is closed; 10 s by default.
    pub idle: Duration,
    /// How long a statement may run; 30 s by default.
    pub statement: Duration,
}

impl PostgresOptions {
    pub fn new(url: impl Into<String>) -> Self {
        let url = Secret::new(url.into());
        Self {
            owner_url: None,
            url,
            replicas: Vec::new(),
            max_lag: Duration::from_secs(1),
            max_connections: 20,
            min_connections: 5,
            acquire: Duration::from_secs(30),
            idle: Duration::from_secs(10),
            statement: Duration::from_secs(30),
        }
    }
}

/// The database that the services of a process share.
#[derive(Clone)]
pub struct PostgresPool {
    options: Arc<PostgresOptions>,
    permits: Arc<Semaphore>,
    replicas: Option<Replicas>,
    notices: notices::Notices,
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresPool").field("free", &self.permits.available_permits()).finish_non_exhaustive()
    }
}

impl PostgresPool {
    pub(crate) async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let permits = Arc::new(Semaphore::new(options.max_connections));
        let notices = notices::Notices::new(options.url.clone());
        let mut pool = Self { options: Arc::new(options), permits, replicas: None, notices };
        pool.client(&pool.options.url).await?;
        pool.replicas = Replicas::start(&pool.options)?;
        Ok(pool)
    }

    pub(crate) fn replicas(&self) -> Option<&Replicas> {
        self.replicas.as_ref()
    }

    /// A connection outside the pools.
    async fn client(&self, url: &Secret<String>) -> Result<Client, StoreError> {
        address(url)?.connect().await.map_err(|error| match error {
            Some(error) => unreachable(&error),
            None => StoreError::Unavailable("the server does not answer".to_owned()),
        })
    }
}

/// One service's schema in the database.
pub(crate) struct PostgresDatabase {
    pool: pool::ServicePool,
    /// In the order of [`Replicas::list`].
    replicas: Vec<pool::ServicePool>,
    role: String,
}

impl PostgresDatabase {
    pub(crate) async fn open(shared: PostgresPool, schema: &Schema, upkeep: Upkeep) -> Result<Self, StoreError> {
        upkeep::ensure(&shared, schema, upkeep).await?;
        let replicas = shared.replicas.as_ref().map(Replicas::list).unwrap_or_default().iter();
        let replicas = replicas.map(|replica| pool::ServicePool::to_replica(shared.clone(), replica, schema.service));
        let replicas = replicas.collect::<Result<_, _>>()?;
        Ok(Self { pool: pool::ServicePool::new(shared, schema.service)?, replicas, role: role_of(schema.service) })
    }

    /// Only the service's log, for a process that does not run the service.
    pub(crate) async fn open_log(shared: PostgresPool, service: &str) -> Result<Self, StoreError> {
        upkeep::ensure_log(&shared, service).await?;
        // Who follows a log reads it from where it is written.
        Ok(Self { pool: pool::ServicePool::new(shared, service)?, replicas: Vec::new(), role: log_role_of(service) })
    }

    pub(crate) async fn begin(
        &self,
        mode: Mode,
        context: Context,
        observer: Arc<dyn Observer>,
    ) -> Result<PostgresSession, StoreError> {
        Ok(PostgresSession::new(self.pool.take().await?, mode, &self.role, context, observer))
    }

    /// What processes tell each other.
    pub(crate) fn notices(&self) -> &notices::Notices {
        &self.pool.shared().notices
    }

    /// The role that the service acts as.
    pub(crate) fn role(&self) -> &str {
        &self.role
    }

    /// The role that the pool logs in as.
    pub(crate) async fn log_in_role(&self) -> Result<String, StoreError> {
        let connection = self.pool.take().await?;
        let row = connection.client().query_one("SELECT session_user::text", &[]).await.map_err(failed)?;
        Ok(row.get(0))
    }

    /// A connection outside the pool, as the log-in role: enough for the catalogue, which everybody may read.
    pub(crate) async fn outside(&self) -> Result<Client, StoreError> {
        let shared = self.pool.shared();
        shared.client(&shared.options.url).await
    }

    pub(crate) async fn admit_log_in_role(&self, service: &str, role: &str) -> Result<(), StoreError> {
        let shared = self.pool.shared();
        let owner = shared.client(shared.options.owner_url.as_ref().unwrap_or(&shared.options.url)).await?;
        upkeep::allow_log_in_role(&owner, service, role).await
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.pool.take().await?.client().simple_query("SELECT 1").await.map(drop).map_err(failed)
    }
}

/// The role that a service acts as: it owns nothing and bypasses nothing.
pub(crate) fn role_of(service: &str) -> String {
    format!("banyan_{service}")
}

/// The role of those who follow the service's log: it may read events and note how far it is, and has no other right.
pub(crate) fn log_role_of(service: &str) -> String {
    format!("banyan_{service}_log")
}

fn address(url: &Secret<String>) -> Result<PostgresAddress, StoreError> {
    PostgresAddress::parse(url).map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The message of the network or the server, without the URL.
fn unreachable(error: &tokio_postgres::Error) -> StoreError {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    StoreError::Unavailable(format!("{error}{cause}"))
}
