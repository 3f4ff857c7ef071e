//! What a transaction writes at its end, before the commit: audit records, and whom to wake after it.

use parking_lot::Mutex;

use crate::audit::Record;

#[derive(Default)]
pub(crate) struct Pending(Mutex<State>);

#[derive(Default)]
struct State {
    records: Vec<Record>,
    published: usize,
}

impl Pending {
    pub(crate) fn audit(&self, record: Record) {
        self.0.lock().records.push(record);
    }

    pub(crate) fn published(&self) {
        self.0.lock().published += 1;
    }

    pub(crate) fn take_records(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().records)
    }

    /// Whether consumers have something to fetch after the commit.
    pub(crate) fn has_published(&self) -> bool {
        self.0.lock().published > 0
    }
}
