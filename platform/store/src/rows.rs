//! `read` and `write`: one transaction each, bound to the caller.

use std::future::Future;
use std::sync::Arc;

use banyan_kernel::{Actor, Caller, RequestId, Uuid};

use crate::audit::Record;
use crate::context::Context;
use crate::error::StoreError;
use crate::pending::Pending;
use crate::postgres::notices::LOG;
use crate::store::{Database, Store};
use crate::tx::{Inner, Session, Tx};

/// How often a transaction that met another one is tried again.
const ATTEMPTS: u32 = 3;

/// A service's rows in the sight of one caller.
///
/// The closures await nothing but the transaction. What they capture they borrow: shadow it by reference first
/// (`let input = &input; rows.write(move |tx| async move { … })`), because a conflict runs them again.
#[derive(Clone, Debug)]
pub struct Rows {
    store: Store,
    caller: Caller,
}

/// Whether the transaction may change rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

impl Rows {
    pub(crate) fn new(store: Store, caller: Caller) -> Self {
        Self { store, caller }
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Runs `work` in one read-only snapshot that has all that was acknowledged before. An elevated caller's read is audited, so it runs as
    /// a write.
    ///
    /// Where there are replicas of PostgreSQL, people's reads go to one that is as far as the primary was when the read began. If it
    /// fails, `work` runs once more on the primary.
    ///
    /// # Errors
    /// What `work` returns, or a [`StoreError`] of the engine.
    pub async fn read<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        if self.caller.elevation().is_some() {
            return self.run(Mode::Write, work).await;
        }
        match self.read_from_replica(&work).await {
            Some(result) => result,
            None => self.run(Mode::Read, work).await,
        }
    }

    /// None where the primary is to be asked.
    async fn read_from_replica<T, E, F, Fut>(&self, work: &F) -> Option<Result<T, E>>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        // What services do for themselves (log-in, jobs, consumers) has no use for a detour.
        let (Database::Postgres(database), Actor::User(_)) = (&self.store.0.database, &self.caller.actor) else { return None };
        let (session, mut reading) = database.begin_on_replica(&self.caller, &self.store.0.environment.observer).await?;
        let tx = self.store.tx(Session::Postgres(Box::new(session)), self.caller.clone());
        let result = reading.unless_lost(self.attempt(Mode::Read, &tx, work)).await;
        match result {
            // A failed statement counts even where `work` makes light of it: on the primary it might not have failed.
            Some(result) if !tx.0.session.is_broken() => {
                reading.answered();
                Some(result)
            }
            _ => {
                reading.failed();
                None
            }
        }
    }

    /// Runs `work` in one transaction and commits it; `Err` rolls back. Conflicts with other transactions run it again.
    ///
    /// # Errors
    /// What `work` returns, or a [`StoreError`] of the engine.
    pub async fn write<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        self.run(Mode::Write, work).await
    }

    async fn run<T, E, F, Fut>(&self, mode: Mode, work: F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let mut attempt = 1;
        loop {
            let tx = self.begin(mode).await?;
            let result = self.attempt(mode, &tx, &work).await;
            match result {
                Err(_) if tx.0.session.met_another() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn attempt<T, E, F, Fut>(&self, mode: Mode, tx: &Tx, work: &F) -> Result<T, E>
    where
        T: Send,
        E: From<StoreError> + Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        if let Some(elevation) = self.caller.elevation() {
            tx.audit(Record::elevation(elevation));
        }
        let value = match work(tx.clone()).await {
            Ok(value) => value,
            Err(error) => {
                tx.0.session.rollback().await;
                return Err(error);
            }
        };
        if mode == Mode::Write
            && let Err(error) = crate::audit::write_pending(tx).await
        {
            tx.0.session.rollback().await;
            return Err(error.into());
        }
        match mode {
            Mode::Read => tx.0.session.commit().await?,
            Mode::Write => self.store.commit(tx).await?,
        }
        match tx.0.pending.published_events() {
            0 => {}
            count => {
                self.store.0.log.published(count);
                self.store.tell_others(LOG);
            }
        }
        for bell in tx.0.pending.take_bells() {
            self.store.bell(bell).notify_one();
            self.store.tell_others(bell);
        }
        Ok(value)
    }

    async fn begin(&self, mode: Mode) -> Result<Tx, StoreError> {
        self.store.begin(mode, Context::of(&self.caller), self.caller.clone()).await
    }
}

impl Store {
    async fn begin(&self, mode: Mode, context: Context, caller: Caller) -> Result<Tx, StoreError> {
        let session = match &self.0.database {
            Database::Sqlite(database) => Session::Sqlite(database.begin(mode, context).await?),
            Database::Postgres(database) => {
                Session::Postgres(Box::new(database.begin(mode, context, self.0.environment.observer.clone()).await?))
            }
        };
        Ok(self.tx(session, caller))
    }

    fn tx(&self, session: Session, caller: Caller) -> Tx {
        Tx(Arc::new(Inner { session, caller, store: self.clone(), pending: Pending::default() }))
    }

    /// A read-only transaction of the store itself over all tenants of installation-scoped tables. Dropped, it ends.
    pub(crate) async fn begin_as_platform(&self) -> Result<Tx, StoreError> {
        self.begin_platform(Mode::Read).await
    }

    pub(crate) async fn begin_platform(&self, mode: Mode) -> Result<Tx, StoreError> {
        let caller = Caller::system(Uuid::nil(), self.service(), RequestId(Uuid::nil()));
        let context = Context::of(&caller).as_platform();
        self.begin(mode, context, caller).await
    }
}

impl Session {
    pub(crate) async fn commit(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(session) => session.commit().await,
            Self::Postgres(session) => session.commit().await,
        }
    }

    pub(crate) async fn rollback(&self) {
        match self {
            Self::Sqlite(session) => session.rollback(),
            Self::Postgres(session) => session.rollback().await,
        }
    }

    /// A statement of this transaction failed because of another transaction, so that running it again may succeed.
    fn met_another(&self) -> bool {
        match self {
            Self::Sqlite(session) => session.met_another(),
            Self::Postgres(session) => session.met_another(),
        }
    }

    /// A statement of this transaction failed on a server.
    fn is_broken(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(session) => session.is_broken(),
        }
    }

    /// Acts as the store itself from here to the end of the transaction: for the audit chain.
    pub(crate) async fn as_platform(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(session) => session.as_platform(),
            Self::Postgres(session) => session.as_platform().await,
        }
    }
}
