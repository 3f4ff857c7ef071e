//! Opening a service's database and binding it to callers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use banyan_kernel::{Caller, Clock, Ids, OsRandom, Random, RequestId, SystemClock, Uuid};

use crate::error::StoreError;
use crate::log::{Log, LogState};
use crate::migrate::{Schema, Upkeep};
use crate::postgres::{PostgresDatabase, PostgresOptions, PostgresPool, Replicas};
use crate::rows::Rows;
use crate::sqlite::SqliteDatabase;

/// Where rows live.
#[derive(Clone, Debug)]
pub enum Engine {
    /// One file a service, `<directory>/<service>.db`.
    Sqlite { directory: PathBuf },
    /// One schema and one role a service, in one database.
    Postgres(PostgresPool),
}

/// Which dialect an engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn sqlite(directory: &Path) -> Self {
        Self::Sqlite { directory: directory.to_owned() }
    }

    /// # Errors
    /// When the URL is not one of PostgreSQL, or no connection can be made within the acquire deadline.
    pub async fn postgres(options: PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self::Postgres(PostgresPool::connect(options).await?))
    }

    /// The replicas that are read from, where there are any.
    pub fn replicas(&self) -> Option<&Replicas> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres(pool) => pool.replicas(),
        }
    }

    pub fn kind(&self) -> EngineKind {
        match self {
            Self::Sqlite { .. } => EngineKind::Sqlite,
            Self::Postgres(_) => EngineKind::Postgres,
        }
    }
}

/// What the store needs of the process: time, identifiers, a key for what is encrypted at rest, and who watches statements.
#[derive(Clone)]
pub struct Environment {
    pub clock: Arc<dyn Clock>,
    pub ids: Ids,
    pub cipher: crate::idempotency::Cipher,
    pub observer: Arc<dyn Observer>,
}

/// Watches statements for metrics and the slow-query log.
pub trait Observer: Send + Sync {
    /// `fingerprint` is the statement's text with placeholders: never a value. `micros` is the elapsed time.
    fn statement(&self, fingerprint: &str, micros: u64, error: Option<&StoreError>);
}

/// Watches nothing.
#[derive(Debug)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn statement(&self, _: &str, _: u64, _: Option<&StoreError>) {}
}

impl Environment {
    /// The machine's clock and randomness.
    pub fn system(cipher: crate::idempotency::Cipher) -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(OsRandom), cipher)
    }

    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, cipher: crate::idempotency::Cipher) -> Self {
        Self { ids: Ids::new(clock.clone(), random), clock, cipher, observer: Arc::new(NoObserver) }
    }

    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    pub(crate) fn stopwatch(&self) -> std::time::Instant {
        std::time::Instant::now()
    }

    pub(crate) fn statement_ran(&self, sql: &str, started: std::time::Instant, error: Option<&StoreError>) {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.observer.statement(sql, micros, error);
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// One service's database. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) schema: Schema,
    pub(crate) database: Database,
    pub(crate) environment: Environment,
    /// Of the service's own events.
    pub(crate) log: LogState,
    /// Who waits for what other transactions of this process leave.
    pub(crate) bells: crate::bells::Bells,
    /// Who is told of commits, if somebody is.
    pub(crate) commits: std::sync::OnceLock<Arc<dyn crate::commits::Commits>>,
    /// Idempotency keys whose first request is still running in this process.
    pub(crate) running_keys: crate::idempotency::RunningKeys,
}

pub(crate) enum Database {
    Sqlite(SqliteDatabase),
    Postgres(PostgresDatabase),
}

impl Store {
    /// Makes or migrates the service's tables and policies, then opens it.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Banyan wrote it; otherwise what the engine says.
    pub async fn open(engine: &Engine, schema: Schema, environment: Environment) -> Result<Self, StoreError> {
        Self::open_with(engine, schema, environment, Upkeep::Migrate).await
    }

    /// As [`Store::open`]; `upkeep` says whether tables may be made or migrated.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Banyan wrote it, [`StoreError::Outdated`] when it would have to be migrated and may not be;
    /// otherwise what the engine says.
    pub async fn open_with(
        engine: &Engine,
        schema: Schema,
        environment: Environment,
        upkeep: Upkeep,
    ) -> Result<Self, StoreError> {
        let schema = schema.with_platform_tables();
        crate::policy::check(&schema.tables)?;
        let database = match engine {
            Engine::Sqlite { directory } => Database::Sqlite(SqliteDatabase::open(directory, &schema, &environment, upkeep)?),
            Engine::Postgres(pool) => Database::Postgres(PostgresDatabase::open(pool.clone(), &schema, upkeep).await?),
        };
        let last = match &database {
            Database::Sqlite(database) => database.last_position()?,
            Database::Postgres(_) => 0,
        };
        let shared = Shared {
            schema,
            database,
            environment,
            log: LogState::after(last),
            bells: crate::bells::Bells::default(),
            commits: std::sync::OnceLock::new(),
            running_keys: crate::idempotency::RunningKeys::default(),
        };
        Ok(Self::of(shared))
    }

    fn of(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        if let Database::Postgres(database) = &shared.database {
            database.notices().add(&shared);
        }
        Self(shared)
    }

    /// Only the log of a service that this process does not run, to follow it. No other rows of that service are within its reach, and it
    /// makes or migrates nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] on SQLite, where one process runs all services; [`StoreError::Outdated`] when the log is not there or not
    /// for the log-in role; otherwise what the engine says.
    pub async fn open_log(engine: &Engine, service: &'static str, environment: Environment) -> Result<Log, StoreError> {
        let Engine::Postgres(pool) = engine else {
            return Err(StoreError::Refused(format!("the log of `{service}` belongs to the process that runs it")));
        };
        let shared = Shared {
            schema: Schema::new(service, Vec::new()).with_platform_tables(),
            database: Database::Postgres(PostgresDatabase::open_log(pool.clone(), service).await?),
            environment,
            log: LogState::after(0),
            bells: crate::bells::Bells::default(),
            commits: std::sync::OnceLock::new(),
            running_keys: crate::idempotency::RunningKeys::default(),
        };
        Ok(Self::of(shared).log())
    }

    /// The service's rows as the caller may see them.
    pub fn bind(&self, caller: &Caller) -> Rows {
        Rows::new(self.clone(), caller.clone())
    }

    /// The service acting for itself in one tenant: log-in, jobs, consumers. Never from a request's own words.
    pub fn system(&self, tenant: Uuid) -> Rows {
        self.bind(&Caller::system(tenant, self.0.schema.service, RequestId(self.0.environment.ids.next())))
    }

    pub fn service(&self) -> &'static str {
        self.0.schema.service
    }

    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    pub fn kind(&self) -> EngineKind {
        match self.0.database {
            Database::Sqlite(_) => EngineKind::Sqlite,
            Database::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Lets servers log in as `role` on PostgreSQL, under the owner's URL; nothing on SQLite.
    ///
    /// # Errors
    /// What the server says, for example that there is no such role.
    pub async fn admit_log_in_role(&self, role: &str) -> Result<(), StoreError> {
        match &self.0.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(database) => database.admit_log_in_role(self.service(), role).await,
        }
    }

    /// Answers within the deadline, or says what is wrong.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and what the engine says.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.0.database {
            Database::Sqlite(database) => database.ping(),
            Database::Postgres(database) => database.ping().await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("service", &self.0.schema.service).finish_non_exhaustive()
    }
}
