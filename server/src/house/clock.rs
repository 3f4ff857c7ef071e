//! The installation's clock: the machine's.
//!
//! A development build reads the time from the file `clock.testing` in the data directory, where there is one: tests of several processes
//! move the time of all of them by it. A release does not contain this.

use std::sync::Arc;

use banyan_kernel::{Clock, SystemClock};

use crate::data::DataDirectory;

#[cfg(not(debug_assertions))]
pub(crate) fn of(_: &DataDirectory) -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[cfg(debug_assertions)]
pub(crate) fn of(data: &DataDirectory) -> Arc<dyn Clock> {
    match testing::FileClock::open(&data.path().join("clock.testing")) {
        Some(clock) => Arc::new(clock),
        None => Arc::new(SystemClock),
    }
}

#[cfg(debug_assertions)]
mod testing {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::path::Path;

    use banyan_kernel::{Clock, SystemClock, Timestamp};

    /// Microseconds since the epoch, 8 bytes little-endian, as a test writes them.
    #[derive(Debug)]
    pub(super) struct FileClock(File);

    impl FileClock {
        pub(super) fn open(path: &Path) -> Option<Self> {
            let file = File::open(path).ok()?;
            tracing::warn!(path = %path.display(), "the time is what a test says");
            Some(Self(file))
        }
    }

    impl Clock for FileClock {
        fn now(&self) -> Timestamp {
            let mut bytes = [0; 8];
            match self.0.read_exact_at(&mut bytes, 0) {
                Ok(()) => Timestamp::from_micros(i64::from_le_bytes(bytes)),
                Err(_) => SystemClock.now(),
            }
        }
    }
}
