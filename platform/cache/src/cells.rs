//! Stamps as this process knows them. A value in memory holds on to its cells, so that looking whether it counts is a few loads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ahash::RandomState;
use parking_lot::Mutex;

const SHARDS: usize = 16;

/// One stamp. 0 is one that is not known.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) name: Arc<[u8]>,
    stamp: AtomicU64,
    /// How often somebody said that it changed.
    heard: AtomicU64,
    /// No longer in the table: nobody will tell it of changes.
    dead: AtomicBool,
    turn: Mutex<()>,
}

impl Cell {
    fn new(name: &[u8]) -> Self {
        Self {
            name: name.into(),
            stamp: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            turn: Mutex::new(()),
        }
    }

    pub(crate) fn stamp(&self) -> u64 {
        self.stamp.load(Ordering::SeqCst)
    }

    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }

    /// It changed.
    pub(crate) fn change(&self, stamp: u64) {
        let _turn = self.turn.lock();
        if !self.dead.load(Ordering::SeqCst) {
            self.stamp.store(stamp, Ordering::SeqCst);
        }
        self.heard.fetch_add(1, Ordering::SeqCst);
    }

    /// Redis said so. What was heard of since it was asked is newer.
    pub(crate) fn learn(&self, stamp: u64, heard_when_asked: u64) {
        let _turn = self.turn.lock();
        if !self.dead.load(Ordering::SeqCst) && self.heard() == heard_when_asked {
            self.stamp.store(stamp, Ordering::SeqCst);
        }
    }

    /// What it is, from now on `fresh` if it was not known. 0 if it is dead.
    pub(crate) fn known_or(&self, fresh: u64) -> u64 {
        let _turn = self.turn.lock();
        if self.dead.load(Ordering::SeqCst) {
            return 0;
        }
        if self.stamp() == 0 {
            self.stamp.store(fresh, Ordering::SeqCst);
        }
        self.stamp()
    }

    fn end(&self) {
        let _turn = self.turn.lock();
        self.dead.store(true, Ordering::SeqCst);
        self.stamp.store(0, Ordering::SeqCst);
    }
}

type Shard = HashMap<Arc<[u8]>, Arc<Cell>, RandomState>;

/// All cells by name, bounded.
#[derive(Debug)]
pub(crate) struct Cells {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    most: usize,
}

impl Cells {
    /// `most` in all; above that those go that no value holds, and if they are too few, all of a shard.
    pub(crate) fn new(most: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new(), most: most.div_ceil(SHARDS).max(8) }
    }

    fn shard(&self, name: &[u8]) -> &Mutex<Shard> {
        // The upper bits: the map itself goes by the lower ones.
        &self.shards[(self.hasher.hash_one(name) >> 60) as usize % SHARDS]
    }

    /// The cell of this name, made if there is none.
    pub(crate) fn of(&self, name: &[u8]) -> Arc<Cell> {
        let mut shard = self.shard(name).lock();
        if let Some(cell) = shard.get(name) {
            return cell.clone();
        }
        if shard.len() >= self.most {
            make_room(&mut shard, self.most);
        }
        let cell = Arc::new(Cell::new(name));
        shard.insert(cell.name.clone(), cell.clone());
        cell
    }

    /// Tells the cell of this name, if there is one: no value that counts is under a name without a cell.
    pub(crate) fn change(&self, name: &[u8], stamp: u64) {
        let shard = self.shard(name).lock();
        if let Some(cell) = shard.get(name) {
            cell.change(stamp);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

/// Nobody else can get hold of a cell meanwhile: they would have to come through the shard.
fn make_room(shard: &mut Shard, most: usize) {
    shard.retain(|_, cell| Arc::strong_count(cell) > 1);
    if shard.len() > most / 2 {
        for (_, cell) in shard.drain() {
            cell.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_later_than_the_question_wins() {
        let cells = Cells::new(100);
        let cell = cells.of(b"a");
        let asked = cell.heard();
        cells.change(b"a", 2);
        cell.learn(1, asked);
        assert_eq!(cell.stamp(), 2);
        cell.learn(3, cell.heard());
        assert_eq!(cell.stamp(), 3);
    }

    #[test]
    fn cells_are_bounded_and_what_is_let_go_never_counts_again() {
        let cells = Cells::new(1_000);
        let held: Vec<Arc<Cell>> = (0..100_000_u32).map(|number| cells.of(&number.to_be_bytes())).collect();
        assert!(cells.len() <= 1_100, "{}", cells.len());
        let first = &held[0];
        assert_eq!((first.known_or(5), first.stamp()), (0, 0));
        first.change(6);
        first.learn(7, first.heard());
        assert_eq!(first.stamp(), 0);
        assert!(!Arc::ptr_eq(first, &cells.of(&0_u32.to_be_bytes())));
    }

    #[test]
    fn cells_that_no_value_holds_go_first() {
        let cells = Cells::new(1_000);
        let held = cells.of(b"held");
        assert_eq!(held.known_or(9), 9);
        for number in 0..100_000_u32 {
            drop(cells.of(&number.to_be_bytes()));
        }
        assert_eq!(held.stamp(), 9);
        assert!(cells.len() <= 1_100);
    }
}
