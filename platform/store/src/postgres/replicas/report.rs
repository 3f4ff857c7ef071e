//! What is shown of replicas.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Replicas;
use super::standing::ReplicaStanding;

/// Why a read that might have gone to a replica went to the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum FallBack {
    /// None serves.
    NoneServes,
    /// The primary did not say where its log is.
    NoPosition,
    /// All connections to the replica were taken, or none could be made.
    NoConnection,
    /// It had not replayed what was written before the read.
    Behind,
    /// It turned out not to be a replica of the primary.
    NotAReplica,
    /// It failed, cancelled the read, or fell silent in the middle of it.
    Failed,
}

impl FallBack {
    pub const ALL: [Self; 6] =
        [Self::NoneServes, Self::NoPosition, Self::NoConnection, Self::Behind, Self::NotAReplica, Self::Failed];

    /// As metrics write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoneServes => "none_serves",
            Self::NoPosition => "no_position",
            Self::NoConnection => "no_connection",
            Self::Behind => "behind",
            Self::NotAReplica => "not_a_replica",
            Self::Failed => "failed",
        }
    }
}

/// One replica as this process sees it.
#[derive(Clone, Debug)]
pub struct ReplicaReport {
    /// Host, port and database.
    pub name: String,
    pub standing: ReplicaStanding,
    /// Bytes of the primary's log that it has not replayed; none while that is not known.
    pub lag_bytes: Option<u64>,
    /// For how long it has missed something.
    pub lag: Option<Duration>,
    /// Transactions that it answered.
    pub reads: u64,
}

/// All of them, and who else answered.
#[derive(Clone, Debug)]
pub struct ReplicasReport {
    pub replicas: Vec<ReplicaReport>,
    /// Transactions that might have gone to a replica, and that the primary answered.
    pub reads_of_primary: u64,
    /// The same by their cause.
    pub fallen_back: Vec<(FallBack, u64)>,
}

impl Replicas {
    /// How they stand, and what was read where since the start.
    pub fn report(&self) -> ReplicasReport {
        let replicas = self.0.list.iter().map(|replica| {
            let known = *replica.known.lock();
            ReplicaReport {
                name: replica.name.clone(),
                standing: known.standing,
                lag_bytes: known.lag_bytes,
                lag: known.lag,
                reads: replica.reads.load(Ordering::Relaxed),
            }
        });
        let fallen_back = FallBack::ALL.map(|why| (why, self.0.fallen_back[why as usize].load(Ordering::Relaxed)));
        ReplicasReport {
            replicas: replicas.collect(),
            reads_of_primary: self.0.reads_of_primary.load(Ordering::Relaxed),
            fallen_back: fallen_back.to_vec(),
        }
    }
}
