//! Takes due deliveries and runs their handlers.

use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Timestamp, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use tokio::sync::watch;

use super::{Consumer, ConsumerError, Delivery};
use crate::error::StoreError;
use crate::store::{EngineKind, Store};
use crate::tx::Tx;

/// Attempts before a delivery is set aside.
const LAST_ATTEMPT: i64 = 10;
/// Deliveries fetched at a time.
const BATCH: i64 = 100;
/// How long a worker waits when nothing wakes it: other processes' publications, and retries that fall due.
const IDLE: Duration = Duration::from_secs(1);

/// Runs one consumer until it is told to stop.
pub struct Worker {
    store: Store,
    consumer: Consumer,
}

#[derive(FromQueryResult)]
struct Due {
    id: Uuid,
    tenant: Uuid,
    event_id: Uuid,
    attempts: i64,
}

#[derive(FromQueryResult)]
struct Row {
    r#type: String,
    version: i64,
    subject: String,
    occurred_at: i64,
    data: serde_json::Value,
}

impl Worker {
    pub fn new(store: Store, consumer: Consumer) -> Self {
        Self { store, consumer }
    }

    /// Runs until `stop` becomes true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.drain().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(consumer = self.consumer.name, %error, "deliveries cannot be read; trying again"),
            }
            tokio::select! {
                () = self.store.0.published.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Handles the deliveries that are due now; says how many it took.
    ///
    /// # Errors
    /// When deliveries cannot be read. A handler's failure is recorded with its delivery.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let due = self.due().await?;
        let count = due.len();
        for delivery in due {
            if let Err(error) = self.handle(&delivery).await {
                self.postpone(&delivery, &error).await?;
            }
        }
        Ok(count)
    }

    async fn due(&self) -> Result<Vec<Due>, StoreError> {
        const SQL: &str = "SELECT id, tenant, event_id, attempts FROM deliveries \
            WHERE consumer = $1 AND dead_at IS NULL AND due_at <= $2 ORDER BY due_at, event_id LIMIT $3";
        let tx = self.store.begin_as_platform().await?;
        let values = [self.consumer.name.into(), tx.now().micros().into(), BATCH.into()];
        let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
        rows.iter().map(|row| Due::from_query_result(row, "").map_err(StoreError::from)).collect()
    }

    async fn handle(&self, due: &Due) -> Result<(), ConsumerError> {
        let handler = &self.consumer.handler;
        self.store
            .system(due.tenant)
            .write(move |tx| async move {
                if !claim(&tx, due.id).await? {
                    return Ok(());
                }
                let event = Arc::new(load(&tx, due).await?);
                let attempt = u32::try_from(due.attempts).unwrap_or(u32::MAX);
                handler(Delivery { tx: tx.clone(), event, attempt }).await?;
                Ok::<_, ConsumerError>(())
            })
            .await
    }

    /// Records the failure and when to try again: 1 s, 2 s, 4 s … 512 s; afterwards the delivery is dead and stays for a person.
    async fn postpone(&self, due: &Due, error: &ConsumerError) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE deliveries SET attempts = $1, due_at = $2, last_error = $3, dead_at = $4 WHERE id = $5";
        let attempts = due.attempts + 1;
        let dead = attempts >= LAST_ATTEMPT || matches!(error, ConsumerError::Poison(_));
        let text: String = error.to_string().chars().take(1000).collect();
        tracing::warn!(consumer = self.consumer.name, event = %due.event_id, attempts, dead, error = %text, "delivery failed");
        let text = &text;
        self.store
            .system(due.tenant)
            .write(move |tx| async move {
                let now = tx.now();
                let due_at = now.plus_seconds(1 << attempts.clamp(0, 9));
                let dead_at = dead.then_some(now.micros());
                let values = [attempts.into(), due_at.micros().into(), text.clone().into(), dead_at.into(), due.id.into()];
                tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
                Ok(())
            })
            .await
    }
}

/// Takes the delivery for this transaction; false if another worker has handled it.
async fn claim(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    if tx.store().kind() == EngineKind::Postgres {
        const LOCK: &str = "SELECT id FROM deliveries WHERE id = $1 FOR UPDATE SKIP LOCKED";
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), LOCK, [id.into()]);
        if tx.query_one_raw(statement).await?.is_none() {
            return Ok(false);
        }
    }
    let delete = Statement::from_sql_and_values(tx.get_database_backend(), "DELETE FROM deliveries WHERE id = $1", [id.into()]);
    Ok(tx.execute_raw(delete).await?.rows_affected() == 1)
}

async fn load(tx: &Tx, due: &Due) -> Result<CloudEvent, ConsumerError> {
    const SQL: &str = "SELECT type, version, subject, occurred_at, data FROM outbox WHERE id = $1";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [due.event_id.into()]);
    let row = tx.query_one_raw(statement).await.map_err(StoreError::from)?;
    let Some(row) = row else {
        return Err(ConsumerError::Poison("the event is gone from the outbox".to_owned()));
    };
    let row = Row::from_query_result(&row, "").map_err(StoreError::from)?;
    Ok(CloudEvent {
        specversion: "1.0".to_owned(),
        id: due.event_id,
        source: format!("/services/{}", tx.store().service()),
        kind: row.r#type,
        subject: row.subject,
        time: Timestamp::from_micros(row.occurred_at),
        datacontenttype: "application/json".to_owned(),
        tenant: due.tenant,
        dataversion: u32::try_from(row.version).unwrap_or(0),
        data: row.data,
    })
}
