//! The registry of nodes in the database that they share: an unlogged table, which a crash of the database empties and the next
//! heartbeats fill. Times are the database's own, so that clocks of nodes do not matter.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use async_trait::async_trait;
use banyan_kernel::Secret;
use banyan_mesh::registry::{Registration, RegistryError, RegistryStore};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::postgres::{connect, explain};
use crate::settings::PostgresLogin;

/// How long the database may take; then nodes stay as they were known.
const WITHIN: Duration = Duration::from_secs(3);
/// More instances are not listed.
const MOST: i64 = 10_000;

const IS_THERE: &str = "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = 'mesh' AND c.relname = 'instances')";
/// Nodes that begin at the same time take turns.
const MAKE: &str = "SELECT pg_advisory_xact_lock(7305804402545); \
    CREATE SCHEMA IF NOT EXISTS mesh; \
    CREATE UNLOGGED TABLE IF NOT EXISTS mesh.instances (\
        id text PRIMARY KEY, services text[] NOT NULL, registration text NOT NULL, holds_until timestamptz NOT NULL)";
const PUT: &str = "INSERT INTO mesh.instances (id, services, registration, holds_until) \
    VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond') \
    ON CONFLICT (id) DO UPDATE SET services = $2, registration = $3, holds_until = excluded.holds_until";
const SWEEP: &str = "DELETE FROM mesh.instances WHERE holds_until < now() - interval '1 hour'";
const REMOVE: &str = "DELETE FROM mesh.instances WHERE id = $1";
const LIST: &str =
    "SELECT registration FROM mesh.instances WHERE $1 = ANY (services) AND holds_until > now() ORDER BY id LIMIT $2";

/// Registrations in PostgreSQL. One connection, made anew when it breaks.
pub(super) struct PostgresRegistry {
    url: Secret<String>,
    client: Mutex<Option<Arc<Client>>>,
}

/// Makes the table if it is not there, and lets the log-in role in, or the one that is named.
pub(crate) async fn prepare(login: &PostgresLogin, role: Option<&str>) -> Result<()> {
    let broken = |error: tokio_postgres::Error| anyhow!(explain(&error));
    let role: String = match role {
        Some(role) => quoted(role),
        None => connect(&login.url).await?.query_one("SELECT quote_ident(current_user)", &[]).await.map_err(broken)?.get(0),
    };
    let grants =
        format!("GRANT USAGE ON SCHEMA mesh TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON mesh.instances TO {role}");
    let made = connect(login.owner()).await?.batch_execute(&format!("BEGIN; {MAKE}; {grants}; COMMIT")).await;
    made.map_err(broken).context("cannot make the table in which nodes find one another; `banyan migrate` makes it as the owner")
}

/// As an identifier of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl PostgresRegistry {
    /// Makes the table if it is not there, for which it takes the owner of the tables.
    pub(super) async fn open(login: &PostgresLogin) -> Result<Self> {
        let client = connect(&login.url).await?;
        let row = client.query_one(IS_THERE, &[]).await.map_err(|error| anyhow!(explain(&error)))?;
        if !row.get::<_, bool>(0) {
            prepare(login, None).await?;
        }
        Ok(Self { url: login.url.clone(), client: Mutex::new(Some(Arc::new(client))) })
    }

    async fn client(&self) -> Option<Arc<Client>> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref().filter(|client| !client.is_closed()) {
            return Some(client.clone());
        }
        let client = connect(&self.url).await.inspect_err(|error| tracing::warn!(%error, "the registry is out of reach")).ok()?;
        *kept = Some(Arc::new(client));
        kept.clone()
    }

    async fn execute(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<(), RegistryError> {
        let working = async {
            let client = self.client().await.ok_or(RegistryError::Unavailable)?;
            client.execute(sql, values).await.map(drop).map_err(unavailable)
        };
        timeout(WITHIN, working).await.unwrap_or(Err(RegistryError::Unavailable))
    }

    async fn texts(&self, service: &str) -> Result<Vec<String>, RegistryError> {
        let working = async {
            let client = self.client().await.ok_or(RegistryError::Unavailable)?;
            let rows = client.query(LIST, &[&service, &MOST]).await.map_err(unavailable)?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        };
        timeout(WITHIN, working).await.unwrap_or(Err(RegistryError::Unavailable))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unavailable(error: tokio_postgres::Error) -> RegistryError {
    tracing::warn!(error = explain(&error), "the registry did not do it");
    RegistryError::Unavailable
}

#[async_trait]
impl RegistryStore for PostgresRegistry {
    async fn put(&self, registration: &Registration, holds: Duration) -> Result<(), RegistryError> {
        registration.check()?;
        let text = serde_json::to_string(registration).map_err(|_| RegistryError::Unreadable)?;
        #[expect(clippy::cast_precision_loss, reason = "some seconds")]
        let millis = holds.as_millis() as f64;
        self.execute(PUT, &[&registration.id, &registration.services, &text, &millis]).await?;
        self.execute(SWEEP, &[]).await
    }

    async fn remove(&self, id: &str) -> Result<(), RegistryError> {
        self.execute(REMOVE, &[&id]).await
    }

    async fn list(&self, service: &str) -> Result<Vec<Registration>, RegistryError> {
        let texts = self.texts(service).await?;
        // What a newer node wrote may be more than this one can read; what does not fit is not called.
        let read = |text: &String| serde_json::from_str::<Registration>(text).ok().filter(|one| one.check().is_ok());
        Ok(texts.iter().filter_map(read).collect())
    }
}
