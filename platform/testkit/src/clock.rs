//! The clock that a test moves, for all processes that the test talks to.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use banyan_kernel::{Clock, TestClock, Timestamp};

/// Stands still until the test moves it.
#[derive(Clone, Debug)]
pub struct BenchClock {
    clock: TestClock,
    /// Where processes of the test read the time: microseconds since the epoch, 8 bytes little-endian.
    file: Option<Arc<File>>,
}

impl BenchClock {
    pub(crate) fn at(start: Timestamp) -> Self {
        Self { clock: TestClock::at(start), file: None }
    }

    /// From here on the time also stands in this file.
    pub(crate) fn written_to(mut self, path: &Path) -> Self {
        self.file = Some(Arc::new(File::create(path).expect("a file for the time can be made")));
        self.write();
        self
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
        self.write();
    }

    pub fn set(&self, now: Timestamp) {
        self.clock.set(now);
        self.write();
    }

    fn write(&self) {
        if let Some(file) = &self.file {
            file.write_all_at(&self.clock.now().micros().to_le_bytes(), 0).expect("the time can be written");
        }
    }
}

impl Clock for BenchClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
