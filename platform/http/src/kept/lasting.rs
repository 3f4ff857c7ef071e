//! Values that outlive the process: a table in the service's own database, below what the cache keeps in memory and in Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Freshness, Key, Options, Region};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::migrate::Part;
use banyan_store::policy::Policy;
use banyan_store::schema::{ColumnType, Table};
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::Host;

/// How long a value that was found or made is answered from memory or Redis. It is part of its time, not added to it.
const ABOVE: Duration = Duration::from_secs(3_600);
/// What is larger is not kept, in bytes of JSON.
const LARGEST: usize = 256 << 10;
/// Of a tenant, in one service.
const MOST_VALUES: i64 = 10_000;
/// The same in bytes.
const MOST_BYTES: i64 = 32 << 20;

/// The table, for the schema of a service that keeps such values.
pub fn part() -> Part {
    let table = Table::new("lasting_values", Policy::system())
        .column("name", ColumnType::Bytes)
        .column("size", ColumnType::Integer)
        .column("expires_at", ColumnType::Timestamp)
        .column("value", ColumnType::Text)
        .unique(&["name"])
        .index(&["expires_at"]);
    Part::new("lasting", vec![table])
}

/// One kind of value that costs much to make, such as what a machine translated, and that is the same for everybody in a tenant. Cheap to clone.
///
/// A value is what its text says: the text holds **all** that it is made of, so that another source is another value, whoever changed it and
/// whether or not this process ran then. Nothing else ends one but age and a new version. There is no way to say a caller: what only
/// some may see, or what is of a person, cannot be kept here.
pub struct Lasting<T> {
    store: Store,
    /// None where the process keeps nothing.
    region: Option<Region<T>>,
    name: &'static str,
    version: u32,
    kept_for: Duration,
}

impl<T> Lasting<T> {
    /// `name` is that of the cache's region; `version` grows with the type and its meaning; `kept_for` is more than an hour.
    pub fn of(host: &Host, name: &'static str, version: u32, kept_for: Duration) -> Self {
        // Nobody changes what a text means, so nobody need be asked.
        let options = Options { freshness: Freshness::ByAge, ..Options::fresh_for(ABOVE) };
        let region = host.cache().map(|cache| cache.region(name, version, options));
        Self { store: host.store.clone(), region, name, version, kept_for }
    }

    /// The value's name, which tells nothing.
    fn digest(&self, text: &str) -> Vec<u8> {
        let mut hasher = Sha256::new();
        hasher.update(self.name);
        hasher.update([0]);
        hasher.update(self.version.to_be_bytes());
        hasher.update(text);
        hasher.finalize().to_vec()
    }
}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Lasting<T> {
    /// The value of the text: from memory, from Redis, from the database, or by `load`, of which hardly more than one runs on all nodes. What fails
    /// is not kept. A database that cannot be asked makes it slower.
    ///
    /// # Errors
    /// Those of `load`; none says that it took too long.
    pub async fn get<E, F, Fut>(&self, tenant: Uuid, text: String, load: F) -> Result<T, Option<E>>
    where
        E: Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (this, name) = (self.clone(), self.digest(&text));
        let find = move || async move { this.find_or(tenant, name, load).await };
        let Some(region) = &self.region else { return find().await.map_err(Some) };
        match region.get_or(&Key::of_tenant(tenant, text), find).await {
            Ok(value) => Ok(Arc::unwrap_or_clone(value)),
            Err(banyan_cache::Failed::Load(error)) => Err(Some(error)),
            Err(banyan_cache::Failed::Unfinished) => Err(None),
        }
    }

    async fn find_or<E, F, Fut>(&self, tenant: Uuid, name: Vec<u8>, load: F) -> Result<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (rows, name) = (self.store.system(tenant), name.as_slice());
        let kept = rows.read(move |tx| async move { find(&tx, name).await }).await;
        let kept = kept.inspect_err(|error| tracing::debug!(%error, "a lasting value is made anew"));
        // A value of another form is none.
        if let Some(value) = kept.ok().flatten().and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(value);
        }
        let value = load().await?;
        if let Some(text) = serde_json::to_string(&value).ok().filter(|text| text.len() <= LARGEST) {
            let (text, life) = (text.as_str(), self.kept_for);
            let kept = rows.write(move |tx| async move { keep(&tx, name, text, life).await }).await;
            if let Err(error) = kept {
                tracing::debug!(%error, "a value does not last");
            }
        }
        Ok(value)
    }
}

/// Removes, in one tenant, what is over; says how many rows. For services with [`part`].
///
/// # Errors
/// What the engine says.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, StoreError> {
    store.system(tenant).write(|tx| async move { end_until(&tx, tx.now()).await }).await
}

async fn find(tx: &Tx, name: &[u8]) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT value FROM lasting_values WHERE name = $1 AND expires_at > $2";
    // What is found is answered for a while from above, and must not outlast its time there.
    let still = tx.now().micros().saturating_add(micros(ABOVE));
    let found = tx.query_one_raw(statement(tx, SQL, [name.to_vec().into(), still.into()])).await?;
    found.map(|row| row.try_get("", "value").map_err(StoreError::from)).transpose()
}

/// Those that end first make room.
async fn keep(tx: &Tx, name: &[u8], text: &str, life: Duration) -> Result<(), StoreError> {
    const SAME: &str = "DELETE FROM lasting_values WHERE name = $1";
    const INSERT: &str =
        "INSERT INTO lasting_values (tenant_id, id, name, size, expires_at, value) VALUES ($1, $2, $3, $4, $5, $6)";
    end_until(tx, tx.now()).await?;
    tx.execute_raw(statement(tx, SAME, [name.to_vec().into()])).await?;
    let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
    make_room(tx, size).await?;
    let expires_at = tx.now().micros().saturating_add(micros(life));
    let values: [Value; 6] =
        [tx.caller().tenant.into(), tx.new_id().into(), name.to_vec().into(), size.into(), expires_at.into(), text.into()];
    tx.execute_raw(statement(tx, INSERT, values)).await?;
    Ok(())
}

async fn make_room(tx: &Tx, size: i64) -> Result<(), StoreError> {
    const HELD: &str = "SELECT count(*) AS held, CAST(coalesce(sum(size), 0) AS bigint) AS bytes FROM lasting_values";
    const NTH: &str = "SELECT expires_at FROM lasting_values ORDER BY expires_at LIMIT 1 OFFSET $1";
    loop {
        let Some(row) = tx.query_one_raw(statement(tx, HELD, [])).await? else { return Ok(()) };
        let (held, bytes): (i64, i64) = (row.try_get("", "held")?, row.try_get("", "bytes")?);
        let fits = held < MOST_VALUES && bytes.saturating_add(size) <= MOST_BYTES;
        if fits || held == 0 {
            return Ok(());
        }
        // A tenth at once, so that not each value that comes counts all of them in vain.
        let Some(row) = tx.query_one_raw(statement(tx, NTH, [(held / 10).into()])).await? else { return Ok(()) };
        end_until(tx, Timestamp::from_micros(row.try_get("", "expires_at")?)).await?;
    }
}

async fn end_until(tx: &Tx, moment: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM lasting_values WHERE expires_at <= $1";
    Ok(tx.execute_raw(statement(tx, SQL, [moment.micros().into()])).await?.rows_affected())
}

fn statement(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl<T> Clone for Lasting<T> {
    fn clone(&self) -> Self {
        let Self { store, region, name, version, kept_for } = self;
        Self { store: store.clone(), region: region.clone(), name, version: *version, kept_for: *kept_for }
    }
}

impl<T> fmt::Debug for Lasting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lasting").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}
