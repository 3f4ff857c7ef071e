//! PostgreSQL: each transaction takes on the service's unprivileged role and the caller's settings.

pub(crate) mod driver;
mod errors;
pub(crate) mod policies;
mod pool;
pub(crate) mod session;
mod unfinished;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Secret;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, NoTls};

use crate::context::Context;
use crate::error::StoreError;
use crate::migrate::{self, Schema};
use crate::rows::Mode;
use crate::store::Observer;
pub(crate) use errors::failed;
pub(crate) use session::PostgresSession;

/// How to reach PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Of a log-in role that may take on the services' roles and needs no other right.
    pub url: Secret<String>,
    /// Of the owner of schemas and tables, for migrations; the same as `url` where there is one role only.
    pub owner_url: Secret<String>,
    /// Transactions at a time, over all services of the process; 20 by default.
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
            owner_url: url.clone(),
            url,
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
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresPool").field("free", &self.permits.available_permits()).finish_non_exhaustive()
    }
}

impl PostgresPool {
    pub(crate) async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let permits = Arc::new(Semaphore::new(options.max_connections));
        let pool = Self { options: Arc::new(options), permits };
        pool.client(&pool.options.url).await?;
        Ok(pool)
    }

    /// A connection outside the pools.
    async fn client(&self, url: &Secret<String>) -> Result<Client, StoreError> {
        let mut config = parse(url)?;
        config.application_name("banyan").connect_timeout(Duration::from_secs(5));
        let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection outside the pool ended");
            }
        });
        Ok(client)
    }
}

/// One service's schema in the database.
pub(crate) struct PostgresDatabase {
    pool: pool::ServicePool,
    role: String,
}

impl PostgresDatabase {
    pub(crate) async fn open(shared: PostgresPool, schema: &Schema) -> Result<Self, StoreError> {
        let mut owner = shared.client(&shared.options.owner_url).await?;
        migrate::migrate_postgres(&mut owner, schema).await?;
        let role = role_of(schema.service);
        allow_log_in_role(&shared, &owner, schema.service, &role).await?;
        Ok(Self { pool: pool::ServicePool::new(shared, schema.service)?, role })
    }

    pub(crate) async fn begin(
        &self,
        mode: Mode,
        context: Context,
        observer: Arc<dyn Observer>,
    ) -> Result<PostgresSession, StoreError> {
        Ok(PostgresSession::new(self.pool.take().await?, mode, &self.role, context, observer))
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

    /// A connection as the owner of the tables, outside the pool.
    pub(crate) async fn owner(&self) -> Result<Client, StoreError> {
        let shared = self.pool.shared();
        shared.client(&shared.options.owner_url).await
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.pool.take().await?.client().simple_query("SELECT 1").await.map(drop).map_err(failed)
    }
}

/// The role that a service acts as: it owns nothing and bypasses nothing.
pub(crate) fn role_of(service: &str) -> String {
    format!("banyan_{service}")
}

/// Lets the pool's log-in role take on the service's role, and see the schema's names so that statements can be prepared.
async fn allow_log_in_role(pool: &PostgresPool, owner: &Client, service: &str, role: &str) -> Result<(), StoreError> {
    let login = pool.client(&pool.options.url).await?.query_one("SELECT current_user::text", &[]).await.map_err(failed)?;
    let login: String = login.get(0);
    let quoted = login.replace('"', "\"\"");
    const HELD: &str = "SELECT pg_has_role($1, $2, 'MEMBER') AND has_schema_privilege($1, $3, 'USAGE')";
    if owner.query_one(HELD, &[&login, &role, &service]).await.map_err(failed)?.get(0) {
        return Ok(());
    }
    let grant = format!("GRANT \"{role}\" TO \"{quoted}\"; GRANT USAGE ON SCHEMA \"{service}\" TO \"{quoted}\"");
    match owner.batch_execute(&grant).await.map_err(failed) {
        Err(_) if owner.query_one(HELD, &[&login, &role, &service]).await.map_err(failed)?.get(0) => Ok(()),
        result => result,
    }
}

fn parse(url: &Secret<String>) -> Result<tokio_postgres::Config, StoreError> {
    url.expose().parse().map_err(|_| {
        StoreError::Unavailable("the database URL is not of the form postgres://user:password@host:5432/database".to_owned())
    })
}

/// The message of the network or the server, without the URL.
fn unreachable(error: &tokio_postgres::Error) -> StoreError {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    StoreError::Unavailable(format!("{error}{cause}"))
}
