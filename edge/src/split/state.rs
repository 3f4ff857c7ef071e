//! What is known of a split while it runs: what its sides did, what the comparison found, whether it was rolled back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use banyan_contracts::splits::{CopySums, Differences, SideSums, SplitSums, Values};
use banyan_kernel::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::MAIN;
use super::compare::Difference;
use super::entry::{RollBackEntry, SplitEntry};
use super::judge::{RollBack, judge};
use super::report::SplitReport;
use super::window::{Failed, Tally, Window};

/// A verdict is looked for at each failure, and at every so many of the variant's other requests.
const EVERY: u64 = 8;

/// One run of a split. Whatever is declared anew is another run.
#[derive(Debug)]
pub(crate) struct SplitState {
    pub(crate) entry: Arc<SplitEntry>,
    seen: Mutex<SeenSides>,
    rolled_back: AtomicBool,
    evidence: Mutex<Option<RollBack>>,
    differences: Mutex<Differences>,
    /// What was told of it.
    taken: Mutex<SplitSums>,
    waiting: AtomicU32,
    pub(crate) running: Semaphore,
    pub(crate) copies: Copies,
}

#[derive(Debug)]
struct SeenSides {
    window: Window,
    /// Since the run began.
    totals: Box<[Tally]>,
    /// The baseline in the runs before.
    before: Option<Tally>,
}

/// What became of copies.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    sent: AtomicU64,
    same: AtomicU64,
    different: AtomicU64,
    /// Not sent: the queue was full.
    dropped: AtomicU64,
    /// Not sent or not compared: a body was too large or broke off.
    skipped: AtomicU64,
    /// No answer in time.
    late: AtomicU64,
}

/// What became of one copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyEnd {
    Dropped,
    Skipped,
    Late,
}

/// A place in the queue, free again when dropped.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<SplitState>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl SplitState {
    /// `before` is the run that this one follows.
    pub(crate) fn new(entry: Arc<SplitEntry>, before: Option<&Self>) -> Self {
        let sides = entry.variants.len() + 1;
        let window = entry.roll_back.unwrap_or_default().window;
        let concurrency = entry.shadow.as_ref().map_or(1, |shadow| shadow.concurrency);
        let before = before.and_then(|before| {
            let seen = before.seen.lock();
            seen.totals.first().filter(|total| total.requests > 0).cloned().or_else(|| seen.before.clone())
        });
        Self {
            entry,
            seen: Mutex::new(SeenSides {
                window: Window::new(window, sides),
                totals: vec![Tally::default(); sides].into(),
                before,
            }),
            rolled_back: AtomicBool::new(false),
            evidence: Mutex::default(),
            differences: Mutex::default(),
            taken: Mutex::default(),
            waiting: AtomicU32::new(0),
            running: Semaphore::new(concurrency as usize),
            copies: Copies::default(),
        }
    }

    pub(crate) fn is_rolled_back(&self) -> bool {
        self.rolled_back.load(Ordering::Acquire)
    }

    /// Counts an answer; a variant that does worse loses its traffic at once.
    pub(crate) fn record(&self, side: usize, failed: Failed, time: Duration, now: Timestamp) {
        let mut seen = self.seen.lock();
        seen.window.record(side, failed, time, now);
        let Some(total) = seen.totals.get_mut(side) else { return };
        total.record(failed, time);
        let due = side != MAIN && (failed == Failed::Yes || total.requests.is_multiple_of(EVERY));
        let Some(rule) = self.entry.roll_back.filter(|_| due && !self.is_rolled_back()) else { return };
        let verdict = seen.verdict(&rule, &self.entry, side, now);
        drop(seen);
        if let Some(evidence) = verdict {
            tracing::warn!(split = &*self.entry.name, variant = evidence.variant, worse_by = ?evidence.worse_by, "rolled back");
            self.evidence.lock().get_or_insert(evidence);
            self.rolled_back.store(true, Ordering::Release);
        }
    }

    /// A place for a copy; none where as many wait or run as may.
    pub(crate) fn wait(self: &Arc<Self>, most: u32) -> Option<Waiting> {
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Waiting(self.clone());
        (waiting < most).then_some(place)
    }

    pub(crate) fn count(&self, end: CopyEnd) {
        let counter = match end {
            CopyEnd::Dropped => &self.copies.dropped,
            CopyEnd::Skipped => &self.copies.skipped,
            CopyEnd::Late => &self.copies.late,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self) {
        self.copies.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// What the comparison of one copy found; nothing is a good sign.
    pub(crate) fn compared(&self, request: &str, differences: Vec<Difference>) {
        if differences.is_empty() {
            self.copies.same.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.copies.different.fetch_add(1, Ordering::Relaxed);
        let mut found = self.differences.lock();
        for Difference { field, baseline, shadow } in differences {
            found.note(field, [Values { request: request.to_owned(), baseline, shadow }]);
        }
    }

    pub(crate) fn report(&self) -> SplitReport {
        let sums = self.sums();
        SplitReport {
            sides: sums.side_reports(),
            shadow: sums.shadow_report(),
            name: sums.name,
            generation: sums.generation,
            rolled_back: self.evidence.lock().clone(),
        }
    }

    /// What was seen since this was asked last.
    pub(crate) fn take_sums(&self) -> SplitSums {
        let mut taken = self.taken.lock();
        let sums = self.sums();
        let news = sums.since(&taken);
        *taken = sums;
        news
    }

    fn sums(&self) -> SplitSums {
        let name_of = |side: usize| match side.checked_sub(1).and_then(|at| self.entry.variants.get(at)) {
            Some(variant) => variant.name.to_string(),
            None => "baseline".to_owned(),
        };
        let seen = self.seen.lock();
        let sides = seen.totals.iter().enumerate().map(|(side, tally)| SideSums {
            name: name_of(side),
            requests: tally.requests,
            failures: tally.failures,
            times: tally.times().collect(),
        });
        let sides = sides.collect();
        drop(seen);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let copies = self.entry.shadow.as_ref().map(|_| CopySums {
            sent: read(&self.copies.sent),
            same: read(&self.copies.same),
            different: read(&self.copies.different),
            dropped: read(&self.copies.dropped),
            skipped: read(&self.copies.skipped),
            late: read(&self.copies.late),
            differences: self.differences.lock().clone(),
        });
        SplitSums { name: self.entry.name.to_string(), generation: self.entry.generation, sides, copies }
    }
}

impl SeenSides {
    fn verdict(&self, rule: &RollBackEntry, entry: &SplitEntry, side: usize, now: Timestamp) -> Option<RollBack> {
        let canary = self.window.tally(side, now);
        let lately = self.window.tally(MAIN, now);
        let enough = |tally: &&Tally| tally.requests >= u64::from(rule.least);
        let longer = self.totals.first().filter(enough).or(self.before.as_ref());
        let baseline = Some(&lately).filter(enough).or(longer).unwrap_or(&lately);
        let variant = entry.variants.get(side - 1)?;
        judge(rule, &variant.name, baseline, &canary, now)
    }
}
