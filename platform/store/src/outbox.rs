//! Events leave in the transaction that made the change, or not at all.
//!
//! [`Tx::publish`](crate::Tx::publish) writes the event and one delivery for each consumer that wants it. A [`Consumer`]'s worker takes due
//! deliveries in order of event id, runs the handler in a transaction of the event's tenant, and deletes the delivery in
//! that same transaction: an effect on rows happens once, an effect outside at least once.

mod worker;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use banyan_contracts::{CloudEvent, Event};
use banyan_kernel::Uuid;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::error::StoreError;
use crate::tx::Tx;
pub use worker::Worker;

/// An event on its way into the outbox.
pub(crate) struct Publish {
    kind: &'static str,
    version: u32,
    subject: String,
    data: serde_json::Value,
}

impl Publish {
    pub(crate) fn of<E: Event>(event: &E) -> Result<Self, StoreError> {
        let data = serde_json::to_value(event).map_err(|error| StoreError::Constraint(error.to_string()))?;
        Ok(Self { kind: E::TYPE, version: E::VERSION, subject: event.subject(), data })
    }
}

pub(crate) async fn publish(tx: &Tx, event: &Publish) -> Result<Uuid, StoreError> {
    const EVENT: &str =
        "INSERT INTO outbox (tenant_id, id, type, version, subject, occurred_at, data) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    const DELIVERY: &str =
        "INSERT INTO deliveries (id, tenant, event_id, consumer, attempts, due_at) VALUES ($1, $2, $3, $4, 0, $5)";
    let (backend, tenant, id, now) = (tx.get_database_backend(), tx.caller().tenant, tx.new_id(), tx.now().micros());
    let values: [Value; 7] = [
        tenant.into(),
        id.into(),
        event.kind.into(),
        i64::from(event.version).into(),
        event.subject.clone().into(),
        now.into(),
        event.data.clone().into(),
    ];
    tx.write_later(Statement::from_sql_and_values(backend, EVENT, values)).await?;
    for consumer in tx.0.store.consumers_of(event.kind) {
        let values: [Value; 5] = [tx.new_id().into(), tenant.into(), id.into(), consumer.into(), now.into()];
        tx.write_later(Statement::from_sql_and_values(backend, DELIVERY, values)).await?;
    }
    tx.0.pending.published();
    Ok(id)
}

/// One event for one consumer, inside the transaction of its effect.
#[derive(Clone)]
pub struct Delivery {
    pub tx: Tx,
    pub event: Arc<CloudEvent>,
    /// 0 for the first try.
    pub attempt: u32,
}

/// Why a handler could not do its work; the delivery is tried again later, and set aside after the last attempt.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The event cannot be understood: no use in trying again.
    #[error("the event cannot be handled: {0}")]
    Poison(String),
    /// Something outside was not there.
    #[error("{0}")]
    Retry(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<serde_json::Error> for ConsumerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(error.to_string())
    }
}

type Handler = dyn Fn(Delivery) -> Pin<Box<dyn Future<Output = Result<(), ConsumerError>> + Send>> + Send + Sync;

/// A durable consumer of this service's events.
#[derive(Clone)]
pub struct Consumer {
    pub name: &'static str,
    pub types: &'static [&'static str],
    pub(crate) handler: Arc<Handler>,
}

impl Consumer {
    /// `name` is stored with each delivery: never rename one in use.
    pub fn new<F, Fut>(name: &'static str, types: &'static [&'static str], handler: F) -> Self
    where
        F: Fn(Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ConsumerError>> + Send + 'static,
    {
        Self { name, types, handler: Arc::new(move |delivery| Box::pin(handler(delivery))) }
    }
}
