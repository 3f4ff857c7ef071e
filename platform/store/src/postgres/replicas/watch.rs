//! Looking at a replica until its installation is closed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use banyan_kernel::Secret;
use tokio_postgres::{Client, Statement};

use super::fence::Position;
use super::standing::{ReplicaStanding, Testimony, Unreached};
use super::{Inner, Known, Replica, Replicas};
use crate::error::StoreError;
use crate::postgres::{address, failed};

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(100);
/// How long it may take to answer; one that takes longer is not used.
const DEADLINE: Duration = Duration::from_secs(1);

/// Looks at `replica` from here on.
pub(super) fn start(replicas: &Replicas, replica: &Arc<Replica>, max_lag: Duration) {
    let (replicas, replica) = (Arc::downgrade(&replicas.0), replica.clone());
    tokio::spawn(async move {
        let mut look = Look { replica, max_lag, connection: None, unreached: Unreached::default(), timeline: None };
        while look.once(&replicas).await.is_some() {
            tokio::time::sleep(EVERY).await;
        }
    });
}

struct Look {
    replica: Arc<Replica>,
    max_lag: Duration,
    connection: Option<(Client, Statement)>,
    unreached: Unreached,
    timeline: Option<(i64, u32)>,
}

impl Look {
    /// None when nobody has an interest in it any more.
    async fn once(&mut self, replicas: &Weak<Inner>) -> Option<()> {
        let position = replicas.upgrade()?.fence.now().await;
        // Without the primary nothing can be said of a copy of it, and nothing is read from one.
        let Some(position) = position else { return Some(()) };
        match tokio::time::timeout(DEADLINE, ask(&mut self.connection, &self.replica.url)).await {
            Ok(Ok(testimony)) => self.judge(&position, &testimony),
            Ok(Err(error)) => {
                if self.replica.known.lock().standing != ReplicaStanding::Unreachable {
                    tracing::warn!(replica = &*self.replica.name, %error, "the replica does not answer");
                }
                self.refuse(ReplicaStanding::Unreachable);
            }
            Err(_) => self.refuse(ReplicaStanding::Unreachable),
        }
        Some(())
    }

    fn refuse(&mut self, standing: ReplicaStanding) {
        // Another server may stand at this address by the next look.
        self.connection = None;
        self.unreached.forget();
        self.replica.stands(Known { standing, lag_bytes: None, lag: None });
    }

    fn judge(&mut self, position: &Position, testimony: &Testimony) {
        let timeline = Some((position.system, position.timeline));
        if self.timeline != timeline {
            // Places in another log say nothing.
            self.timeline = timeline;
            self.unreached.forget();
            self.replica.wanted.store(0, Ordering::Release);
        }
        if let Some(standing) = testimony.objection(position) {
            return self.refuse(standing);
        }
        self.replica.replayed.store(testimony.replayed, Ordering::Release);
        let lag = self.unreached.lag(Instant::now(), position.lsn, testimony.replayed);
        let standing = if lag > self.max_lag { ReplicaStanding::Behind } else { ReplicaStanding::Serving };
        let lag_bytes = position.lsn.saturating_sub(testimony.replayed);
        self.replica.doubted.store(false, Ordering::Release);
        self.replica.stands(Known { standing, lag_bytes: Some(lag_bytes), lag: Some(lag) });
    }
}

async fn ask(connection: &mut Option<(Client, Statement)>, url: &Secret<String>) -> Result<Testimony, StoreError> {
    let (client, statement) = match connection {
        Some(connection) => connection,
        None => connection.insert(connect(url).await?),
    };
    let row = client.query_one(&*statement, &[]).await.map_err(failed)?;
    Ok(Testimony::of(&row))
}

async fn connect(url: &Secret<String>) -> Result<(Client, Statement), StoreError> {
    let silent = || StoreError::Unavailable("the replica does not answer".to_owned());
    let client = address(url)?.connect().await.map_err(|error| error.map_or_else(silent, failed))?;
    let statement = client.prepare(Testimony::SQL).await.map_err(failed)?;
    Ok((client, statement))
}
