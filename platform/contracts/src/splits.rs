//! What the sides of a split route did: counted at each front door, kept by gateway for all doors together.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

mod differences;

pub use differences::{Differences, FieldReport, Values};

/// What was seen of one run of a split: since it began, or since it was last told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SplitSums {
    /// The split's.
    pub name: String,
    /// Of the run: nothing of one run counts in another.
    pub generation: u64,
    /// The baseline first.
    pub sides: Vec<SideSums>,
    /// Where copies are sent.
    pub copies: Option<CopySums>,
}

/// Requests of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SideSums {
    pub name: String,
    pub requests: u64,
    /// Answered 500 and above, or not at all.
    pub failures: u64,
    /// Requests by the time until the head of the answer: each class by its upper end, in microseconds.
    pub times: BTreeMap<u64, u64>,
}

/// What became of copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CopySums {
    pub sent: u64,
    pub same: u64,
    pub different: u64,
    pub dropped: u64,
    pub skipped: u64,
    pub late: u64,
    pub differences: Differences,
}

/// One side in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    pub requests: u64,
    pub failures: u64,
    /// Share, 0 to 1.
    pub failure_rate: f64,
    /// 95th percentile, in milliseconds.
    pub p95_ms: f64,
}

/// What one side did since the run began.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SideReport {
    pub name: String,
    #[serde(flatten)]
    pub seen: Seen,
    /// Half of the answers came within it, in milliseconds.
    pub p50_ms: f64,
}

/// What became of copies, and in what their answers differed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowReport {
    pub sent: u64,
    pub same: u64,
    pub different: u64,
    /// Not sent: the queue was full.
    pub dropped: u64,
    /// Not sent or not compared: a body was too large or broke off.
    pub skipped: u64,
    /// No answer in time.
    pub late: u64,
    /// Where they differed, the most frequent first.
    pub fields: Vec<FieldReport>,
}

impl SplitSums {
    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        let quiet = |side: &SideSums| side.requests == 0;
        self.sides.iter().all(quiet) && self.copies.as_ref().is_none_or(|copies| *copies == CopySums::default())
    }

    /// What another door saw of the same run, or this one later.
    pub fn add(&mut self, other: &Self) {
        for theirs in &other.sides {
            match self.sides.iter_mut().find(|own| own.name == theirs.name) {
                Some(own) => own.add(theirs),
                None => self.sides.push(theirs.clone()),
            }
        }
        if let Some(theirs) = &other.copies {
            self.copies.get_or_insert_default().add(theirs);
        }
    }

    /// What came after `before`, an earlier state of the same counts: added to it, it gives this again.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let side = |own: &SideSums| match before.sides.iter().find(|side| side.name == own.name) {
            Some(before) => own.since(before),
            None => own.clone(),
        };
        Self {
            name: self.name.clone(),
            generation: self.generation,
            sides: self.sides.iter().map(side).collect(),
            copies: self
                .copies
                .as_ref()
                .map(|own| before.copies.as_ref().map_or_else(|| own.clone(), |before| own.since(before))),
        }
    }

    /// The sides in numbers.
    pub fn side_reports(&self) -> Vec<SideReport> {
        self.sides.iter().map(SideSums::report).collect()
    }

    /// The copies in numbers.
    pub fn shadow_report(&self) -> Option<ShadowReport> {
        self.copies.as_ref().map(CopySums::report)
    }
}

impl SideSums {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        for (end, count) in &other.times {
            *self.times.entry(*end).or_default() += count;
        }
    }

    fn since(&self, before: &Self) -> Self {
        let left = |(end, count): (&u64, &u64)| (*end, count.saturating_sub(before.times.get(end).copied().unwrap_or(0)));
        Self {
            name: self.name.clone(),
            requests: self.requests.saturating_sub(before.requests),
            failures: self.failures.saturating_sub(before.failures),
            times: self.times.iter().map(left).filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// The upper end of the class in which the share (0 to 1) is reached. None without requests.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share * self.requests as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.times.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.filter(|_| self.requests > 0).map(|(end, _)| Duration::from_micros(*end))
    }

    fn report(&self) -> SideReport {
        let quantile = |share| self.quantile(share).unwrap_or_default();
        let seen = Seen::new(self.requests, self.failures, quantile(0.95));
        SideReport { name: self.name.clone(), seen, p50_ms: millis(quantile(0.5)) }
    }
}

impl Seen {
    /// `p95` is the 95th percentile.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn new(requests: u64, failures: u64, p95: Duration) -> Self {
        let rate = if requests == 0 { 0.0 } else { failures as f64 / requests as f64 };
        Self { requests, failures, failure_rate: (rate * 1e6).round() / 1e6, p95_ms: millis(p95) }
    }
}

/// To two places.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

impl CopySums {
    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.same += other.same;
        self.different += other.different;
        self.dropped += other.dropped;
        self.skipped += other.skipped;
        self.late += other.late;
        self.differences.add(&other.differences);
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(before.sent),
            same: self.same.saturating_sub(before.same),
            different: self.different.saturating_sub(before.different),
            dropped: self.dropped.saturating_sub(before.dropped),
            skipped: self.skipped.saturating_sub(before.skipped),
            late: self.late.saturating_sub(before.late),
            differences: self.differences.since(&before.differences),
        }
    }

    fn report(&self) -> ShadowReport {
        ShadowReport {
            sent: self.sent,
            same: self.same,
            different: self.different,
            dropped: self.dropped,
            skipped: self.skipped,
            late: self.late,
            fields: self.differences.report(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, times: &[(u64, u64)], failures: u64) -> SideSums {
        let requests = times.iter().map(|(_, count)| count).sum();
        SideSums { name: name.to_owned(), requests, failures, times: times.iter().copied().collect() }
    }

    fn values(text: &str) -> Values {
        Values { request: "GET /x".to_owned(), baseline: Some(text.to_owned()), shadow: None }
    }

    #[test]
    fn what_came_later_and_what_was_before_are_all() {
        let mut differences = Differences::default();
        differences.note("/a".to_owned(), [values("1")]);
        let copies =
            CopySums { sent: 3, same: 1, different: 1, late: 1, differences: differences.clone(), ..CopySums::default() };
        let sides = vec![side("baseline", &[(10, 4), (20, 1)], 1), side("banyan", &[], 0)];
        let before = SplitSums { name: "goals".to_owned(), generation: 2, sides, copies: Some(copies.clone()) };
        differences.note("/a".to_owned(), [values("2")]);
        differences.note("/b".to_owned(), [values("3")]);
        let copies = CopySums { sent: 5, different: 3, differences, ..copies };
        let sides = vec![side("baseline", &[(10, 4), (20, 3), (30, 1)], 2), side("banyan", &[(10, 1)], 0)];
        let now = SplitSums { sides, copies: Some(copies), ..before.clone() };
        let later = now.since(&before);
        assert_eq!((later.sides[0].requests, later.sides[0].failures), (3, 1));
        assert_eq!(later.copies.as_ref().unwrap().sent, 2);
        let mut all = before;
        all.add(&later);
        assert_eq!(all, now);
        assert!(now.since(&now).is_empty() && !later.is_empty());
        assert!(SplitSums::default().is_empty());
        // As the store keeps it.
        let kept: SplitSums = serde_json::from_value(serde_json::to_value(&all).unwrap()).unwrap();
        assert_eq!(kept, all);
    }

    #[test]
    fn two_doors_together_are_one_in_their_report() {
        let of =
            |times: &[(u64, u64)], failures| SplitSums { sides: vec![side("baseline", times, failures)], ..SplitSums::default() };
        let mut both = of(&[(1_000, 60)], 1);
        both.add(&of(&[(1_000, 34), (9_000, 6)], 1));
        let report = &both.side_reports()[0];
        assert_eq!((report.seen.requests, report.seen.failures, report.seen.failure_rate), (100, 2, 0.02));
        assert_eq!((report.p50_ms, report.seen.p95_ms), (1.0, 9.0));
        assert_eq!(of(&[], 0).side_reports()[0].seen.p95_ms, 0.0);
    }
}
