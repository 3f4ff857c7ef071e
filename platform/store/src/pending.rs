//! What a transaction writes at its end, before the commit: audit records, and whom to wake after it.

use parking_lot::Mutex;

use crate::audit::Record;

#[derive(Default)]
pub(crate) struct Pending(Mutex<State>);

#[derive(Default)]
struct State {
    records: Vec<Record>,
    published: usize,
    bells: Vec<&'static str>,
}

impl Pending {
    pub(crate) fn audit(&self, record: Record) {
        self.0.lock().records.push(record);
    }

    /// Changes the record of the elevation, which is the first of an elevated transaction.
    pub(crate) fn amend_elevation(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.0.lock().records.first_mut().filter(|record| record.is_elevation()) {
            change(record);
        }
    }

    pub(crate) fn published(&self) {
        self.0.lock().published += 1;
    }

    /// Rings a bell of the store after the commit; once, however often it is asked for.
    pub(crate) fn ring(&self, bell: &'static str) {
        let mut state = self.0.lock();
        if !state.bells.contains(&bell) {
            state.bells.push(bell);
        }
    }

    pub(crate) fn take_bells(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().bells)
    }

    pub(crate) fn take_records(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().records)
    }

    /// How many events there are to fetch after the commit.
    pub(crate) fn published_events(&self) -> usize {
        self.0.lock().published
    }
}
