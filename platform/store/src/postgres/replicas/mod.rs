//! Reading from replicas, without reading anything old.
//!
//! Before a read goes to a replica, the primary is asked where its log is, and the replica must have replayed the log up to there. So a
//! read sees all that was acknowledged before it began: by whomever, and through whichever process. No process needs to know who has
//! written what, and no client needs to carry a token. The price is one small question to the primary ([`fence`]).
//!
//! Everything else is about not having to trust: each connection says itself what server it leads to and how far that is, so a balancer
//! may stand between; a replica that fails in the middle of a read costs that read a second try on the primary, nothing more.

mod fence;
mod reading;
mod report;
mod standing;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use banyan_kernel::Secret;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch as channel};

use super::{PostgresOptions, address};
use crate::error::StoreError;
use fence::Fence;
pub use report::{FallBack, ReplicaReport, ReplicasReport};
pub use standing::ReplicaStanding;
pub(crate) use standing::Testimony;

/// The replicas of the primary as this process sees them. Cheap to clone.
#[derive(Clone)]
pub struct Replicas(Arc<Inner>);

struct Inner {
    fence: Fence,
    list: Vec<Arc<Replica>>,
    /// Which one is asked next.
    turn: AtomicUsize,
    reads_of_primary: AtomicU64,
    fallen_back: [AtomicU64; FallBack::ALL.len()],
}

/// One of them.
pub(super) struct Replica {
    /// Host, port and database.
    name: String,
    url: Secret<String>,
    permits: Arc<Semaphore>,
    known: Mutex<Known>,
    /// Changes when reads under way must not wait for it any longer.
    losses: channel::Sender<u64>,
    /// How far it is known to be, in bytes of log.
    replayed: AtomicU64,
    /// A read has waited in vain for it to be as far.
    wanted: AtomicU64,
    /// A read did not reach it, or found another server; reads leave it alone until the next look.
    doubted: AtomicBool,
    reads: AtomicU64,
}

#[derive(Clone, Copy)]
struct Known {
    standing: ReplicaStanding,
    lag_bytes: Option<u64>,
    lag: Option<Duration>,
}

impl Replicas {
    /// `None` where there are none. They need not answer.
    ///
    /// # Errors
    /// When a URL is not one of PostgreSQL.
    pub(super) fn start(options: &PostgresOptions) -> Result<Option<Self>, StoreError> {
        if options.replicas.is_empty() {
            return Ok(None);
        }
        let list =
            options.replicas.iter().map(|url| Replica::new(url, options.max_connections)).collect::<Result<Vec<_>, _>>()?;
        let replicas = Self(Arc::new(Inner {
            fence: Fence::start(options.url.clone()),
            list,
            turn: AtomicUsize::new(0),
            reads_of_primary: AtomicU64::new(0),
            fallen_back: Default::default(),
        }));
        for replica in &replicas.0.list {
            watch::start(&replicas, replica, options.max_lag);
        }
        Ok(Some(replicas))
    }

    pub(super) fn list(&self) -> &[Arc<Replica>] {
        &self.0.list
    }

    /// The replica whose turn it is, by its place in the list.
    fn choose(&self) -> Option<usize> {
        let count = self.0.list.len();
        let first = self.0.turn.fetch_add(1, Ordering::Relaxed) % count;
        (first..first + count).map(|place| place % count).find(|place| self.0.list[*place].is_of_use())
    }

    fn fell_back(&self, why: FallBack) {
        self.0.fallen_back[why as usize].fetch_add(1, Ordering::Relaxed);
    }
}

impl Replica {
    fn new(url: &Secret<String>, most: usize) -> Result<Arc<Self>, StoreError> {
        Ok(Arc::new(Self {
            name: address(url)?.place(),
            url: url.clone(),
            permits: Arc::new(Semaphore::new(most)),
            known: Mutex::new(Known { standing: ReplicaStanding::Unknown, lag_bytes: None, lag: None }),
            losses: channel::Sender::new(0),
            replayed: AtomicU64::new(0),
            wanted: AtomicU64::new(0),
            doubted: AtomicBool::new(false),
            reads: AtomicU64::new(0),
        }))
    }

    pub(super) fn url(&self) -> &Secret<String> {
        &self.url
    }

    pub(super) fn permits(&self) -> &Arc<Semaphore> {
        &self.permits
    }

    fn is_of_use(&self) -> bool {
        self.known.lock().standing == ReplicaStanding::Serving
            && !self.doubted.load(Ordering::Acquire)
            && self.replayed.load(Ordering::Acquire) >= self.wanted.load(Ordering::Acquire)
    }

    /// Reads go to it or do not, from here on.
    fn stands(&self, known: Known) {
        let before = std::mem::replace(&mut *self.known.lock(), known).standing;
        if before == known.standing {
            return;
        }
        let (replica, lag_bytes) = (&*self.name, known.lag_bytes);
        if known.standing == ReplicaStanding::Serving {
            tracing::info!(replica, "reads go to the replica");
        } else {
            tracing::warn!(replica, standing = known.standing.word(), lag_bytes, "no reads go to the replica");
        }
        if !matches!(known.standing, ReplicaStanding::Serving | ReplicaStanding::Behind) {
            self.losses.send_modify(|count| *count += 1);
        }
    }

    fn doubt(&self) {
        self.doubted.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for Replicas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.list.iter().map(|replica| &replica.name)).finish()
    }
}
