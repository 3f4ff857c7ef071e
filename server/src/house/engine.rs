//! Opening the databases of all services on the engine that the settings choose.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_http::Service;
use banyan_kernel::{Clock, Random};
use banyan_store::idempotency::Cipher;
use banyan_store::log::Log;
use banyan_store::migrate::{Schema, Upkeep};
use banyan_store::{Engine, Environment, PostgresOptions, Store};
use banyan_telemetry::Metrics;
use futures_util::future::try_join_all;

use super::observer::{StatementObserver, Statements};
use crate::data::DataDirectory;
use crate::data::key::Installed;
use crate::settings::{DatabaseChoice, Loaded, PostgresLogin};

/// What services' databases are opened with.
pub(super) struct Databases {
    engine: Engine,
    cipher: Cipher,
    statements: Statements,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Databases {
    fn environment(&self, service: &'static str) -> Environment {
        let observer = StatementObserver::new(self.metrics.statements(service), service, self.statements);
        let environment = Environment::new(self.clock.clone(), self.random.clone(), self.cipher.clone());
        environment.with_observer(Arc::new(observer))
    }

    /// The log of a service whose rows this process does not read.
    pub(super) async fn open_log(&self, service: &'static str) -> Result<Log> {
        let opened = Store::open_log(&self.engine, service, self.environment(service)).await;
        opened.with_context(|| format!("cannot follow the events of `{service}`"))
    }

    /// As [`Databases::open_log`]. Where the service has never run, its tables are made as its own process would make them, if that is allowed.
    pub(super) async fn open_log_of(&self, schema: Schema, upkeep: Upkeep) -> Result<Log> {
        let service = schema.service;
        let opened = self.open_log(service).await;
        if opened.is_ok() || upkeep != Upkeep::Migrate {
            return opened;
        }
        match open(self.engine.clone(), schema, self.environment(service), upkeep).await {
            Ok(_) => self.open_log(service).await,
            // What is said of the log says what to do.
            Err(_) => opened,
        }
    }
}

/// One store for each service, in their order, and what further logs are opened with.
pub(super) async fn open_stores(
    loaded: &Loaded,
    data: &DataDirectory,
    services: &[Service],
    metrics: &Metrics,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    upkeep: Upkeep,
) -> Result<(Vec<Store>, Databases)> {
    let engine = engine(loaded, data).await?;
    if let Some(replicas) = engine.replicas() {
        super::replicas::show(replicas, metrics);
    }
    let installed = installed(loaded, data).await?;
    let given = loaded.settings.general.master_key.as_ref().map(|key| &key.0);
    let key = data.master_key(given, installed, &**random)?;
    let cipher = Cipher::new(*key.expose(), random.clone());
    let statements = match loaded.settings.database.log_statements && !loaded.settings.general.environment.is_serious() {
        true => Statements::Logged,
        false => Statements::Quiet,
    };
    let (clock, random) = (clock.clone(), random.clone());
    let databases = Databases { engine, cipher, statements, metrics: metrics.clone(), clock, random };
    let opening = services
        .iter()
        .map(|service| open(databases.engine.clone(), service.schema.clone(), databases.environment(service.name), upkeep));
    let stores = try_join_all(opening).await?;
    Ok((stores, databases))
}

/// The embedded engine works on the thread that asks, and a first start waits for the disk: so each file has a thread.
async fn open(engine: Engine, schema: Schema, environment: Environment, upkeep: Upkeep) -> Result<Store> {
    let service = schema.service;
    let opened = match &engine {
        Engine::Postgres(_) => Store::open_with(&engine, schema, environment, upkeep).await,
        Engine::Sqlite { .. } => {
            let runtime = tokio::runtime::Handle::current();
            tokio::task::spawn_blocking(move || runtime.block_on(Store::open_with(&engine, schema, environment, upkeep))).await?
        }
    };
    opened.with_context(|| format!("cannot open the database of `{service}`"))
}

async fn engine(loaded: &Loaded, data: &DataDirectory) -> Result<Engine> {
    match &loaded.database {
        DatabaseChoice::Sqlite => Ok(Engine::sqlite(data.path())),
        DatabaseChoice::Postgres(login) => {
            let engine = Engine::postgres(postgres_options(loaded, login)).await;
            engine.context("PostgreSQL does not answer as the settings say (`banyan config` shows them)")
        }
    }
}

fn postgres_options(loaded: &Loaded, login: &PostgresLogin) -> PostgresOptions {
    let settings = &loaded.settings.database;
    PostgresOptions {
        url: login.url.clone(),
        owner_url: login.owner_url.clone(),
        replicas: login.replicas.clone(),
        max_lag: settings.replica_lag.0,
        max_connections: settings.pool_max.0 as usize,
        min_connections: settings.pool_min.0.min(settings.pool_max.0) as usize,
        acquire: settings.acquire_timeout.0,
        idle: settings.idle_timeout.0,
        statement: settings.statement_timeout.0,
    }
}

/// Whether there is data that was sealed under a key: then a missing key is lost, not new.
async fn installed(loaded: &Loaded, data: &DataDirectory) -> Result<Installed> {
    if loaded.settings.general.master_key.is_some() || data.key_file().exists() {
        return Ok(Installed::Data);
    }
    let there = match &loaded.database {
        DatabaseChoice::Sqlite => data.database(banyan_identity::SERVICE).exists(),
        DatabaseChoice::Postgres(login) => {
            // From the catalogue, which the log-in role may read before it may use the schema.
            const SQL: &str = "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'identity' AND c.relname = 'signing_keys')";
            let client = crate::postgres::connect(&login.url).await?;
            let row = client.query_one(SQL, &[]).await;
            row.map_err(|error| anyhow::anyhow!(crate::postgres::explain(&error)))?.get(0)
        }
    };
    Ok(if there { Installed::Data } else { Installed::Nothing })
}
