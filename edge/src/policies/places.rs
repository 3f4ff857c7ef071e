//! How many requests a route answers at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The places of a route. A reload that changes nothing about the route keeps them, with who sits there.
#[derive(Debug)]
pub(crate) struct Places {
    most: AtomicU32,
    taken: AtomicU32,
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    pub(crate) fn new(most: u32) -> Self {
        Self { most: AtomicU32::new(most), taken: AtomicU32::new(0) }
    }

    pub(crate) fn resize(&self, most: u32) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// None where all are taken.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Place> {
        let taken = self.taken.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.clone());
        (taken < self.most.load(Ordering::Relaxed)).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let places = Arc::new(Places::new(2));
        let first = places.take().unwrap();
        let _second = places.take().unwrap();
        assert!(places.take().is_none());
        assert!(places.take().is_none());
        drop(first);
        let third = places.take();
        assert!(third.is_some());
        places.resize(3);
        assert!(places.take().is_some());
    }
}
