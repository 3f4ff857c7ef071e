//! Connections of one service: their names resolve in its schema, and the statement that binds a caller is prepared ahead.

use std::time::Duration;

use deadpool_postgres::{Client, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::NoTls;

use super::session::SETTINGS;
use super::{PostgresPool, parse};
use crate::error::StoreError;

pub(super) struct ServicePool {
    pool: Pool,
    shared: PostgresPool,
}

/// A connection in use; it returns to its pool when dropped.
pub(super) struct Connection {
    object: Object,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) fn client(&self) -> &Client {
        &self.object
    }

    /// Closes the connection instead of giving it back: its state is not known.
    pub(super) fn discard(self) {
        drop(Object::take(self.object));
    }
}

impl ServicePool {
    pub(super) fn new(shared: PostgresPool, service: &str) -> Result<Self, StoreError> {
        let options = &shared.options;
        let mut config = parse(&options.url)?;
        let settings = format!("-c statement_timeout={} -c search_path={service}", options.statement.as_millis());
        config.options(settings).application_name("banyan").connect_timeout(Duration::from_secs(5));
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let limit = Some(options.acquire);
        // Without this a new connection would have to ask for the statement first, and the first query would overtake it.
        let prepare = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move {
                client.prepare_cached(SETTINGS).await.map_err(HookError::Backend)?;
                Ok(())
            })
        });
        let pool = Pool::builder(manager)
            .max_size(options.max_connections)
            .timeouts(Timeouts { wait: limit, create: Some(Duration::from_secs(5)), recycle: limit })
            .runtime(Runtime::Tokio1)
            .post_create(prepare)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        evict(&pool, options.idle, options.min_connections);
        Ok(Self { pool, shared })
    }

    pub(super) fn shared(&self) -> &PostgresPool {
        &self.shared
    }

    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let permit = tokio::time::timeout(self.shared.options.acquire, self.shared.permits.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::Unavailable("no connection became free before the deadline".to_owned()))?
            .map_err(|_| StoreError::Unavailable("the pool is closed".to_owned()))?;
        let object = self.pool.get().await.map_err(|error| StoreError::Unavailable(describe(&error)))?;
        Ok(Connection { object, _permit: permit })
    }
}

/// Closes idle connections beyond the least number, looking once a second, until the pool is gone.
fn evict(pool: &Pool, idle: Duration, least: usize) {
    let pool = pool.weak();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let Some(pool) = pool.upgrade() else {
                return;
            };
            let mut kept = 0;
            pool.retain(|_, metrics| {
                let keep = kept < least || metrics.last_used() < idle;
                kept += usize::from(keep);
                keep
            });
        }
    });
}

fn describe(error: &deadpool_postgres::PoolError) -> String {
    match error {
        deadpool_postgres::PoolError::Backend(error) => match super::unreachable(error) {
            StoreError::Unavailable(text) => text,
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}
