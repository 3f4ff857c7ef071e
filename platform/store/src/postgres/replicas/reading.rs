//! One reading transaction on a replica.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use banyan_kernel::Caller;
use tokio::sync::watch as channel;

use super::fence::Position;
use super::standing::Testimony;
use super::{FallBack, Replica, Replicas};
use crate::context::Context;
use crate::postgres::pool::{Connection, ServicePool};
use crate::postgres::{PostgresDatabase, PostgresSession};
use crate::rows::Mode;
use crate::store::Observer;

/// How long a read waits for a replica to replay what was written before it.
const CATCH_UP: Duration = Duration::from_millis(20);
/// And in between, before it asks again.
const PAUSE: Duration = Duration::from_millis(1);
/// How long a replica may take to be reached and to say how far it is.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where a transaction runs, and what became of it.
pub(crate) struct Reading {
    replicas: Replicas,
    replica: Arc<Replica>,
    losses: channel::Receiver<u64>,
}

impl PostgresDatabase {
    /// A reading transaction on a replica that has all that was acknowledged before this call. None where the primary is to be asked.
    pub(crate) async fn begin_on_replica(
        &self,
        caller: &Caller,
        observer: &Arc<dyn Observer>,
    ) -> Option<(PostgresSession, Reading)> {
        let replicas = self.pool.shared().replicas.as_ref()?;
        match self.connection_to_replica(replicas).await {
            Ok((connection, reading)) => {
                let (context, observer) = (Context::of(caller), observer.clone());
                Some((PostgresSession::new(connection, Mode::Read, &self.role, context, observer), reading))
            }
            Err(why) => {
                replicas.read_primary(why);
                None
            }
        }
    }

    async fn connection_to_replica(&self, replicas: &Replicas) -> Result<(Connection, Reading), FallBack> {
        let place = replicas.choose().ok_or(FallBack::NoneServes)?;
        let (replica, pool) = (&replicas.0.list[place], self.replicas.get(place).ok_or(FallBack::NoneServes)?);
        // Before anything is asked, so that no loss goes unnoticed.
        let losses = replica.losses.subscribe();
        let (position, connected) = tokio::join!(replicas.0.fence.now(), connect(pool, replica));
        let (position, (connection, testimony)) = (position.ok_or(FallBack::NoPosition)?, connected?);
        await_position(replica, &connection, testimony, &position).await?;
        Ok((connection, Reading { replicas: replicas.clone(), replica: replica.clone(), losses }))
    }
}

/// A connection, and what the server at its other end says of itself: it may have been promoted or exchanged since the last read.
///
/// There is no wait for a free one: the primary is there for those who come beyond.
async fn connect(pool: &ServicePool, replica: &Replica) -> Result<(Connection, Testimony), FallBack> {
    let connect = async {
        match pool.take_at_once().await? {
            None => Ok(None),
            Some(connection) => connection.testify().await.map(|testimony| Some((connection, testimony))),
        }
    };
    match tokio::time::timeout(PATIENCE, connect).await {
        Ok(Ok(Some(connected))) => Ok(connected),
        Ok(Ok(None)) => Err(FallBack::NoConnection),
        Ok(Err(_)) | Err(_) => {
            replica.doubt();
            Err(FallBack::NoConnection)
        }
    }
}

/// Waits, not for long, until the server behind the connection has replayed the log up to there.
async fn await_position(
    replica: &Replica,
    connection: &Connection,
    mut testimony: Testimony,
    position: &Position,
) -> Result<(), FallBack> {
    let started = Instant::now();
    loop {
        if testimony.objection(position).is_some() {
            connection.give_up();
            replica.doubt();
            return Err(FallBack::NotAReplica);
        }
        if testimony.replayed >= position.lsn {
            return Ok(());
        }
        if started.elapsed() >= CATCH_UP {
            replica.wanted.fetch_max(position.lsn, Ordering::AcqRel);
            return Err(FallBack::Behind);
        }
        tokio::time::sleep(PAUSE).await;
        let Ok(Ok(again)) = tokio::time::timeout(PATIENCE, connection.testify()).await else {
            replica.doubt();
            return Err(FallBack::Failed);
        };
        testimony = again;
    }
}

impl Reading {
    /// What `work` gives, unless the replica is lost meanwhile.
    pub(crate) async fn unless_lost<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = work => Some(result),
            // Closed is as good as lost.
            _ = self.losses.changed() => None,
        }
    }

    /// The replica has answered.
    pub(crate) fn answered(self) {
        self.replica.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// It has not; the primary is asked next.
    pub(crate) fn failed(self) {
        self.replicas.read_primary(FallBack::Failed);
    }
}

impl Replicas {
    fn read_primary(&self, why: FallBack) {
        self.fell_back(why);
        self.0.reads_of_primary.fetch_add(1, Ordering::Relaxed);
    }
}
