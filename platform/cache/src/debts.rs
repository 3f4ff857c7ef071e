//! Changes that others were not told of.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many changes are owed to the others, and how many of them have been made up for.
#[derive(Debug, Default)]
pub(crate) struct Debts {
    owed: AtomicU64,
    paid: AtomicU64,
    paying: tokio::sync::Mutex<()>,
}

impl Debts {
    /// A change is owed once this is dropped: by who stops waiting for it, too.
    pub(crate) fn begin(&self) -> Debt<'_> {
        Debt(self)
    }

    fn are_open(&self) -> bool {
        self.owed.load(Ordering::SeqCst) != self.paid.load(Ordering::SeqCst)
    }

    /// Whether nothing is owed; `make_up` ends everything that may be meant, and says whether the others know.
    pub(crate) async fn settle(&self, make_up: impl AsyncFnOnce() -> bool) -> bool {
        if !self.are_open() {
            return true;
        }
        // Whoever comes meanwhile goes past the cache rather than wait.
        let Ok(_turn) = self.paying.try_lock() else { return false };
        let owed = self.owed.load(Ordering::SeqCst);
        if owed == self.paid.load(Ordering::SeqCst) {
            return true;
        }
        if !make_up().await {
            return false;
        }
        self.paid.store(owed, Ordering::SeqCst);
        !self.are_open()
    }
}

/// A change under way.
pub(crate) struct Debt<'d>(&'d Debts);

impl Debt<'_> {
    /// The others know.
    pub(crate) fn settled(self) {
        std::mem::forget(self);
    }
}

impl Drop for Debt<'_> {
    fn drop(&mut self) {
        self.0.owed.fetch_add(1, Ordering::SeqCst);
    }
}
