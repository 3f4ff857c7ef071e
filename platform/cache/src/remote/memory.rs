//! A shared part in memory, for tests: several caches of one process hold the same, and each can be cut off.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::{Change, Ear, Looked, PatternChange, Remote, RemoteError};
use crate::change::MOST_PATTERNS;

/// Changes that wait for a listener; one that is slower misses some, and listens anew.
const WAITING: usize = 1_024;

/// One handle to it. Clones share what it holds, not whether they are cut off.
#[derive(Debug)]
pub struct MemoryRemote {
    shared: Arc<Shared>,
    cut: AtomicBool,
    asked: AtomicU64,
}

#[derive(Debug)]
struct Shared {
    held: Mutex<Held>,
    told: broadcast::Sender<Change>,
}

#[derive(Debug, Default)]
struct Held {
    values: HashMap<Vec<u8>, Vec<u8>>,
    stamps: HashMap<Vec<u8>, u64>,
    locks: HashMap<Vec<u8>, u64>,
    patterns: HashMap<String, Vec<PatternChange>>,
}

impl Default for MemoryRemote {
    fn default() -> Self {
        let shared = Shared { held: Mutex::default(), told: broadcast::channel(WAITING).0 };
        Self { shared: Arc::new(shared), cut: AtomicBool::new(false), asked: AtomicU64::new(0) }
    }
}

impl Clone for MemoryRemote {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), cut: AtomicBool::new(false), asked: AtomicU64::new(0) }
    }
}

impl MemoryRemote {
    /// From now on this handle cannot reach it.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }

    /// All is lost.
    pub fn forget_everything(&self) {
        *self.shared.held.lock() = Held::default();
    }

    /// How often this handle was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn reach(&self) -> Result<parking_lot::MutexGuard<'_, Held>, RemoteError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.cut.load(Ordering::SeqCst) { Err(RemoteError::Failed("cut off".to_owned())) } else { Ok(self.shared.held.lock()) }
    }
}

#[async_trait]
impl Remote for MemoryRemote {
    async fn look(&self, value: Option<&[u8]>, stamps: &[&[u8]]) -> Result<Looked, RemoteError> {
        let held = self.reach()?;
        let value = value.and_then(|name| held.values.get(name).cloned());
        Ok(Looked { value, stamps: stamps.iter().map(|name| held.stamps.get(*name).copied().unwrap_or(0)).collect() })
    }

    async fn ensure(&self, stamps: &[&[u8]], fresh: u64) -> Result<Vec<u64>, RemoteError> {
        let mut held = self.reach()?;
        Ok(stamps.iter().map(|name| *held.stamps.entry(name.to_vec()).or_insert(fresh)).collect())
    }

    async fn put(&self, value: &[u8], bytes: Vec<u8>, _: Duration) -> Result<(), RemoteError> {
        self.reach()?.values.insert(value.to_vec(), bytes);
        Ok(())
    }

    async fn lock(&self, value: &[u8], token: u64, _: Duration) -> Result<bool, RemoteError> {
        Ok(*self.reach()?.locks.entry(value.to_vec()).or_insert(token) == token)
    }

    async fn unlock(&self, value: &[u8], token: u64) -> Result<(), RemoteError> {
        let mut held = self.reach()?;
        if held.locks.get(value) == Some(&token) {
            held.locks.remove(value);
        }
        Ok(())
    }

    async fn change(&self, change: &Change) -> Result<(), RemoteError> {
        let mut held = self.reach()?;
        if let (Some((region, realm, glob)), Some(over)) = (&change.pattern, change.names.first()) {
            let before = held.stamps.get(&over[..]).copied().unwrap_or(0);
            let changes = held.patterns.entry((*region).to_owned()).or_default();
            changes.push(PatternChange { before, after: change.stamp, realm: realm.clone(), glob: glob.clone() });
            let surplus = changes.len().saturating_sub(MOST_PATTERNS);
            changes.drain(..surplus);
        }
        for name in &change.names {
            held.stamps.insert(name.to_vec(), change.stamp);
        }
        // Within the lock, so that everybody is told in the order of the changes. Nobody need listen.
        let _listeners = self.shared.told.send(change.clone());
        Ok(())
    }

    async fn patterns(&self, region: &str) -> Result<Vec<PatternChange>, RemoteError> {
        Ok(self.reach()?.patterns.get(region).cloned().unwrap_or_default())
    }

    async fn listen(&self, ear: &dyn Ear) -> RemoteError {
        let mut told = self.shared.told.subscribe();
        if let Err(error) = self.reach() {
            return error;
        }
        ear.hears();
        loop {
            match told.recv().await {
                Ok(_) if self.cut.load(Ordering::SeqCst) => return RemoteError::Failed("cut off".to_owned()),
                Ok(change) => ear.heard(change.stamp, &change.names.iter().map(|name| &name[..]).collect::<Vec<_>>()),
                Err(error) => return RemoteError::Failed(error.to_string()),
            }
        }
    }
}
