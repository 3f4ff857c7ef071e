//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the answer is written in the transaction of the effect.

mod cipher;

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::rows::Rows;
use crate::store::EngineKind;
use crate::tx::Tx;
pub use cipher::{Cipher, CipherError};

/// How long an answer is kept.
pub const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// A request waits for the first one under its key in another process, in doubling pauses from 10 ms to 1.28 s: 2.5 s in all.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LAST_PAUSE: Duration = Duration::from_millis(1280);

/// A key as the client sent it, bound to route and request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

impl IdempotencyKey {
    /// `route` is the method and matched path; `request` the bytes that make two requests the same (path and body).
    pub fn new(key: &str, route: &str, request: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update((route.len() as u64).to_be_bytes());
        hasher.update(route.as_bytes());
        hasher.update(key.as_bytes());
        Self { key_hash: hasher.finalize().into(), request_hash: Sha256::digest(request).into() }
    }
}

/// Keys whose first request is running in this process.
#[derive(Default)]
pub(crate) struct RunningKeys(Arc<Mutex<HashSet<[u8; 32]>>>);

struct Running {
    keys: Arc<Mutex<HashSet<[u8; 32]>>>,
    key: [u8; 32],
}

impl RunningKeys {
    fn start(&self, key: [u8; 32]) -> Result<Running, StoreError> {
        if !self.0.lock().insert(key) {
            return Err(StoreError::IdempotencyInProgress);
        }
        Ok(Running { keys: self.0.clone(), key })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.key);
    }
}

impl Rows {
    /// As [`Rows::write`]; with a key and a signed-in caller the answer of the first such request is given again.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] for another request under the key, [`StoreError::IdempotencyInProgress`] while the
    /// first one runs; otherwise as [`Rows::write`].
    pub async fn write_once<T, E, F, Fut>(&self, key: Option<&IdempotencyKey>, work: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let (Some(key), Some(user)) = (key, self.caller().user_id()) else {
            return self.write(work).await;
        };
        let scope = scoped(key, self.caller().tenant, user);
        let _running = self.store().0.running_keys.start(scope)?;
        let work = &work;
        self.write(move |tx| async move {
            lock_across_nodes(&tx, &scope).await?;
            if let Some(answer) = stored(&tx, key, user).await? {
                return Ok(answer);
            }
            let value = work(tx.clone()).await?;
            keep(&tx, key, user, &value).await?;
            Ok(value)
        })
        .await
    }
}

fn scoped(key: &IdempotencyKey, tenant: Uuid, user: Uuid) -> [u8; 32] {
    Sha256::new().chain_update(tenant).chain_update(user).chain_update(key.key_hash).finalize().into()
}

/// Waits a moment for the key: a process that was killed holds it until the server has seen its connection end, and whoever
/// sends the request again to another process shall not be told of a first request that nobody carries out any more.
async fn lock_across_nodes(tx: &Tx, scope: &[u8; 32]) -> Result<(), StoreError> {
    if tx.store().kind() != EngineKind::Postgres {
        return Ok(());
    }
    let mut number = [0_u8; 8];
    number.copy_from_slice(&scope[..8]);
    let number = i64::from_be_bytes(number);
    let mut pause = FIRST_PAUSE;
    loop {
        let sql = "SELECT pg_try_advisory_xact_lock($1) AS locked";
        let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [number.into()])).await?;
        if row.map(|row| row.try_get("", "locked")).transpose()?.unwrap_or(false) {
            return Ok(());
        }
        if pause > LAST_PAUSE {
            return Err(StoreError::IdempotencyInProgress);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

async fn stored<T: DeserializeOwned>(tx: &Tx, key: &IdempotencyKey, user: Uuid) -> Result<Option<T>, StoreError> {
    const SQL: &str = "SELECT id, request_hash, answer, created_at FROM idempotency WHERE user_id = $1 AND key_hash = $2";
    let values: [Value; 2] = [user.into(), key.key_hash.to_vec().into()];
    let Some(row) = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await? else {
        return Ok(None);
    };
    let id: Uuid = row.try_get("", "id")?;
    let created = Timestamp::from_micros(row.try_get("", "created_at")?);
    if tx.now().seconds_since(created) >= KEPT_SECONDS {
        let sql = "DELETE FROM idempotency WHERE id = $1";
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [id.into()])).await?;
        return Ok(None);
    }
    let request_hash: Vec<u8> = row.try_get("", "request_hash")?;
    if request_hash != key.request_hash {
        return Err(StoreError::IdempotencyKeyReused);
    }
    let sealed: Vec<u8> = row.try_get("", "answer")?;
    let answer = tx.environment().cipher.open(&sealed, id.as_bytes()).map_err(|error| StoreError::Database(error.to_string()))?;
    serde_json::from_slice(&answer).map(Some).map_err(|error| StoreError::Database(error.to_string()))
}

async fn keep<T: Serialize>(tx: &Tx, key: &IdempotencyKey, user: Uuid, value: &T) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO idempotency (tenant_id, id, user_id, key_hash, request_hash, answer, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let id = tx.new_id();
    let answer = serde_json::to_vec(value).map_err(|error| StoreError::Constraint(error.to_string()))?;
    let values: [Value; 7] = [
        tx.caller().tenant.into(),
        id.into(),
        user.into(),
        key.key_hash.to_vec().into(),
        key.request_hash.to_vec().into(),
        tx.environment().cipher.seal(&answer, id.as_bytes()).into(),
        tx.now().micros().into(),
    ];
    tx.write_later(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await
}
