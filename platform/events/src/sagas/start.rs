use std::future::{Future, IntoFuture};
use std::pin::Pin;

use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;
use serde_json::json;

use crate::jobs::insert_kind;

/// The job that drives a saga.
pub(crate) const KIND: &str = "banyan.saga";
pub(super) const QUEUE: &str = "sagas";

/// Starts a saga when `tx` commits, and only then. Await it to write it: `start(&tx, "erase-account", &input).unique(…).await?`.
pub fn start<'a, I: Serialize>(tx: &'a Tx, name: &'static str, input: &I) -> Start<'a> {
    let input = serde_json::to_value(input).map_err(|error| StoreError::Constraint(format!("{name}: {error}")));
    Start { tx, name, input, unique: None }
}

/// A saga on its way.
#[must_use = "it is written when it is awaited"]
pub struct Start<'a> {
    tx: &'a Tx,
    name: &'static str,
    input: Result<serde_json::Value, StoreError>,
    unique: Option<String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    New(Uuid),
    /// One of the same name, tenant and unique key is there and not ended.
    AlreadyThere,
}

impl Start<'_> {
    /// At most one saga of this name and key is there in a tenant until it has ended. A stuck one has not.
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique = Some(key.into());
        self
    }

    async fn write(self) -> Result<Started, StoreError> {
        const SQL: &str = "INSERT INTO sagas (id, tenant, name, state, step, attempts, input, kept, history, compensate_asked, \
            created_at, updated_at, backwards, unique_key) \
            VALUES ($1, $2, $3, 'running', 0, 0, $4, $5, $6, $7, $8, $8, $7, $9) ON CONFLICT DO NOTHING";
        let (tx, id, now) = (self.tx, self.tx.new_id(), self.tx.now().micros());
        let values: [Value; 9] = [
            id.into(),
            tx.caller().tenant.into(),
            self.name.into(),
            self.input?.into(),
            json!({}).into(),
            json!([]).into(),
            false.into(),
            now.into(),
            self.unique.into(),
        ];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, values);
        if tx.execute_raw(statement).await?.rows_affected() == 0 {
            return Ok(Started::AlreadyThere);
        }
        drive_again(tx, id).await?;
        Ok(Started::New(id))
    }
}

impl<'a> IntoFuture for Start<'a> {
    type Output = Result<Started, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.write())
    }
}

/// Sees to it that a job drives the saga; one is enough.
pub(super) async fn drive_again(tx: &Tx, saga: Uuid) -> Result<(), StoreError> {
    let payload = Ok(json!({ "saga": saga }));
    insert_kind(tx, KIND, QUEUE, payload).unique(saga.to_string()).await.map(drop)
}
