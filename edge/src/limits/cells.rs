//! One atomic number for each subject, in a bounded table that never forgets a number that still counts.
//!
//! A number that lies in the past says nothing: the subject has its whole quota. Only such cells make room for new ones. When a
//! table is full of numbers that count (somebody comes with hundreds of thousands of addresses), newcomers share *crowd* cells by
//! their wider network, so what is known of others stays. People and keys have a table of their own, which addresses cannot fill.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use banyan_kernel::{Timestamp, Uuid};
use parking_lot::RwLock;

use super::quota::Quota;

/// Of each table, at about 120 bytes each.
pub(crate) const MOST_CELLS: usize = 200_000;
const SHARDS: usize = 64;
const CROWDS: usize = 4_096;
/// A crowd may do so many times what one of them may.
const CROWD_FACTOR: u32 = 10;
/// A full part of a table is searched for cells of the past at most so often.
const SWEEP_EVERY: i64 = Timestamp::MICROS_PER_SECOND;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// An address; of IPv6 the network of 64 bits, which one party has (RFC 6177).
    Address(IpAddr),
    User(Uuid),
    Key(Uuid),
    /// All of a tenant together.
    Tenant,
}

/// What is counted for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CellKey {
    pub(crate) class: Arc<str>,
    pub(crate) tenant: Uuid,
    pub(crate) scope: Scope,
}

impl Scope {
    pub(crate) fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        })
    }
}

/// The state of one subject in one class.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    /// Microseconds: see [`Quota::next`].
    empty_at: AtomicI64,
    /// The quota at the last request, for those who look who is limited.
    quota: AtomicU64,
    /// Refused since the cell was last empty.
    refusals: AtomicU32,
    /// When other nodes were last asked, in microseconds.
    asked_at: AtomicI64,
}

/// What became of one request in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) empty_at: i64,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted,
    Refused,
}

impl Cell {
    fn take(&self, quota: Quota, now: i64) -> Taken {
        self.quota.store(quota.pack(), Ordering::Relaxed);
        let moved = self.empty_at.fetch_update(Ordering::AcqRel, Ordering::Acquire, |empty_at| quota.next(empty_at, now));
        match moved {
            Ok(before) => {
                if before <= now {
                    self.refusals.store(0, Ordering::Relaxed);
                }
                Taken { empty_at: before.max(now) + quota.interval(), verdict: Verdict::Admitted }
            }
            Err(empty_at) => {
                self.refusals.fetch_add(1, Ordering::Relaxed);
                Taken { empty_at, verdict: Verdict::Refused }
            }
        }
    }
}

/// A cell as it is seen by those who look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) quota: Quota,
    pub(crate) empty_at: i64,
    pub(crate) refusals: u32,
}

/// The cells of this process. One for all workers.
#[derive(Debug)]
pub(crate) struct Cells {
    addresses: Table,
    others: Table,
    crowds: Box<[Cell]>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Table {
    shards: Box<[RwLock<Shard>]>,
    most: usize,
}

#[derive(Debug, Default)]
struct Shard {
    cells: HashMap<CellKey, Cell>,
    swept_at: i64,
}

impl Cells {
    pub(crate) fn new(most: usize) -> Self {
        let table = || Table { shards: (0..SHARDS).map(|_| RwLock::default()).collect(), most: most.div_ceil(SHARDS) };
        let crowds = (0..CROWDS).map(|_| Cell::default()).collect();
        Self { addresses: table(), others: table(), crowds, hasher: RandomState::new() }
    }

    /// Counts one request.
    pub(crate) fn take(&self, key: &CellKey, quota: Quota, now: i64) -> Taken {
        let counted = self.with(key, now, |cell| cell.take(quota, now));
        counted.unwrap_or_else(|| self.crowd(key).take(quota.times(CROWD_FACTOR), now))
    }

    /// Undoes what was taken, where another of the request's cells refused it.
    pub(crate) fn give_back(&self, key: &CellKey, quota: Quota, now: i64) {
        let give = |cell: &Cell| {
            cell.empty_at.fetch_sub(quota.interval(), Ordering::AcqRel);
        };
        if self.with(key, now, give).is_none() {
            give(self.crowd(key));
        }
    }

    /// What all nodes together have counted, in this node's time.
    pub(crate) fn learn(&self, key: &CellKey, quota: Quota, taken: Taken, now: i64) {
        self.with(key, now, |cell| {
            cell.quota.store(quota.pack(), Ordering::Relaxed);
            cell.empty_at.store(taken.empty_at, Ordering::Release);
            cell.asked_at.store(now, Ordering::Relaxed);
            match taken.verdict {
                Verdict::Refused => {
                    cell.refusals.fetch_add(1, Ordering::Relaxed);
                }
                Verdict::Admitted if taken.empty_at <= now + quota.interval() => cell.refusals.store(0, Ordering::Relaxed),
                Verdict::Admitted => {}
            }
        });
    }

    /// When the cell would be empty, if all nodes were asked for it less than `fresh` microseconds ago.
    pub(crate) fn known_of_all(&self, key: &CellKey, now: i64, fresh: i64) -> Option<i64> {
        let shard = self.table(key).shards[self.place(key)].read();
        let cell = shard.cells.get(key)?;
        let asked = cell.asked_at.load(Ordering::Relaxed);
        (now - asked < fresh && asked != 0).then(|| cell.empty_at.load(Ordering::Acquire))
    }

    pub(crate) fn note_refusal(&self, key: &CellKey) {
        if let Some(cell) = self.table(key).shards[self.place(key)].read().cells.get(key) {
            cell.refusals.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// When the cell would be empty; zero for one that is not known.
    pub(crate) fn peek(&self, key: &CellKey) -> i64 {
        let shard = self.table(key).shards[self.place(key)].read();
        shard.cells.get(key).map_or(0, |cell| cell.empty_at.load(Ordering::Acquire))
    }

    /// Gives the subject its whole quota again. False if nothing was known of it.
    pub(crate) fn forget(&self, key: &CellKey) -> bool {
        self.table(key).shards[self.place(key)].write().cells.remove(key).is_some()
    }

    /// Every cell that `wanted` accepts.
    pub(crate) fn each(&self, mut wanted: impl FnMut(&CellKey, Seen)) {
        for shard in self.others.shards.iter().chain(&self.addresses.shards) {
            for (key, cell) in &shard.read().cells {
                let Some(quota) = Quota::unpack(cell.quota.load(Ordering::Relaxed)) else { continue };
                let empty_at = cell.empty_at.load(Ordering::Acquire);
                wanted(key, Seen { quota, empty_at, refusals: cell.refusals.load(Ordering::Relaxed) });
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.others.shards.iter().chain(&self.addresses.shards).map(|shard| shard.read().cells.len()).sum()
    }

    /// Works on the subject's cell, which is made if there is room. It is held while it is worked on, so it cannot be swept away
    /// under a request and count nothing.
    fn with<R>(&self, key: &CellKey, now: i64, work: impl Fn(&Cell) -> R) -> Option<R> {
        let table = self.table(key);
        let shard = &table.shards[self.place(key)];
        if let Some(cell) = shard.read().cells.get(key) {
            return Some(work(cell));
        }
        let mut shard = shard.write();
        if shard.cells.len() >= table.most && !shard.cells.contains_key(key) && !shard.make_room(table.most, now) {
            return None;
        }
        Some(work(shard.cells.entry(key.clone()).or_default()))
    }

    fn table(&self, key: &CellKey) -> &Table {
        if matches!(key.scope, Scope::Address(_)) { &self.addresses } else { &self.others }
    }

    fn place(&self, key: &CellKey) -> usize {
        self.number(key, SHARDS)
    }

    fn number(&self, of: impl Hash, numbers: usize) -> usize {
        usize::try_from(self.hasher.hash_one(of) % numbers as u64).unwrap_or(0)
    }

    /// The cell that a newcomer shares with the neighbours of its network.
    fn crowd(&self, key: &CellKey) -> &Cell {
        let wider = match key.scope {
            Scope::Address(IpAddr::V4(address)) => Scope::Address(Ipv4Addr::from_bits(address.to_bits() & 0xffff_0000).into()),
            Scope::Address(IpAddr::V6(address)) => {
                Scope::Address(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 96)).into())
            }
            other => other,
        };
        &self.crowds[self.number((&key.class, key.tenant, wider), CROWDS)]
    }
}

impl Shard {
    /// Whether there is room now.
    fn make_room(&mut self, most: usize, now: i64) -> bool {
        if now - self.swept_at < SWEEP_EVERY {
            return false;
        }
        self.swept_at = now;
        self.cells.retain(|_, cell| *cell.empty_at.get_mut() > now);
        self.cells.len() < most
    }
}

#[cfg(test)]
mod tests;
