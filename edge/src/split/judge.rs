//! Whether a variant does worse than the baseline. Two conditions must hold for each verdict: a difference that matters, and one that is
//! no accident.
//!
//! - **Errors.** The variant's share of failures (status 500 and above, or no answer) is higher by more than `error_rate`, and the
//!   one-sided test of two proportions, with one failure and one success added to each side (Agresti and Caffo 2000), gives z ≥ 3.09
//!   (an accident in one of a thousand).
//! - **Latency.** The 95th percentile is higher than `latency` times the baseline's and by more than `slack`, and so many requests of the variant
//!   took longer than the baseline's 95th percentile that a share of one in twenty would show it once in a thousand (z ≥ 3.09).
//!
//! Nothing is said before the variant has `least` requests in the window. The baseline is what the other side did in the same window, so that a
//! bad hour for both is nobody's fault; where it has fewer than `least` requests there, it is all that it did before.

use banyan_contracts::splits::Seen;
use banyan_kernel::Timestamp;
use serde::Serialize;

use super::entry::RollBackEntry;
use super::window::Tally;

/// One in a thousand, one-sided.
const SIGNIFICANT: f64 = 3.09;

/// Why all traffic went back to the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollBack {
    /// RFC 3339.
    pub at: String,
    pub variant: String,
    pub worse_by: WorseBy,
    pub baseline: Seen,
    pub canary: Seen,
    /// Of the test: standard deviations by which the difference exceeds an accident.
    pub z: f64,
    /// The length of the window, in seconds.
    pub window_seconds: u64,
    /// What is allowed: difference of failure shares, or factor of latency.
    pub allowed: f64,
}

/// What a variant did worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WorseBy {
    Errors,
    Latency,
}

fn seen(tally: &Tally) -> Seen {
    Seen::new(tally.requests, tally.failures, tally.quantile(0.95).unwrap_or_default())
}

/// What counts against the variant; none where nothing does.
pub(crate) fn judge(rule: &RollBackEntry, variant: &str, baseline: &Tally, canary: &Tally, now: Timestamp) -> Option<RollBack> {
    if canary.requests < u64::from(rule.least) {
        return None;
    }
    let (worse_by, z, allowed) = by_errors(rule, baseline, canary)
        .map(|z| (WorseBy::Errors, z, rule.error_rate))
        .or_else(|| by_latency(rule, baseline, canary).map(|z| (WorseBy::Latency, z, rule.latency)))?;
    Some(RollBack {
        at: now.to_string(),
        variant: variant.to_owned(),
        worse_by,
        baseline: seen(baseline),
        canary: seen(canary),
        z: (z * 100.0).round() / 100.0,
        window_seconds: rule.window.as_secs(),
        allowed,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn by_errors(rule: &RollBackEntry, baseline: &Tally, canary: &Tally) -> Option<f64> {
    if canary.failure_rate() - baseline.failure_rate() <= rule.error_rate {
        return None;
    }
    let of = |tally: &Tally| ((tally.failures + 1) as f64, (tally.requests + 2) as f64);
    let ((bad_before, before), (bad, after)) = (of(baseline), of(canary));
    let (rate_before, rate) = (bad_before / before, bad / after);
    // A side that nothing is known of is taken to fail never: then the difference alone, and chance of the variant's own, decide.
    let (rate_before, chance_before) =
        if baseline.requests == 0 { (0.0, 0.0) } else { (rate_before, rate_before * (1.0 - rate_before) / before) };
    let z = (rate - rate_before) / (chance_before + rate * (1.0 - rate) / after).sqrt();
    (z >= SIGNIFICANT).then_some(z)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn by_latency(rule: &RollBackEntry, baseline: &Tally, canary: &Tally) -> Option<f64> {
    if baseline.requests < u64::from(rule.least) {
        return None;
    }
    let (usual, now) = (baseline.quantile(0.95)?, canary.quantile(0.95)?);
    if now <= usual.mul_f64(rule.latency) || now.saturating_sub(usual) <= rule.slack {
        return None;
    }
    let (requests, slow) = (canary.requests as f64, canary.slower_than(usual) as f64);
    let z = (slow - 0.05 * requests) / (0.05 * 0.95 * requests).sqrt();
    (z >= SIGNIFICANT).then_some(z)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::split::window::Failed;

    fn tally(requests: u64, failures: u64, millis: u64) -> Tally {
        let mut tally = Tally::default();
        for at in 0..requests {
            tally.record(if at < failures { Failed::Yes } else { Failed::No }, Duration::from_millis(millis));
        }
        tally
    }

    fn verdict(baseline: &Tally, canary: &Tally) -> Option<WorseBy> {
        judge(&RollBackEntry::default(), "new", baseline, canary, Timestamp::from_seconds(0)).map(|found| found.worse_by)
    }

    #[test]
    fn what_is_worse_beyond_accident_is_found() {
        let good = tally(1_000, 2, 10);
        assert_eq!(verdict(&good, &tally(20, 20, 10)), Some(WorseBy::Errors));
        assert_eq!(verdict(&good, &tally(19, 19, 10)), None, "too few to say");
        assert_eq!(verdict(&good, &tally(20, 1, 10)), None, "one failure of twenty may be an accident");
        assert_eq!(verdict(&good, &tally(100, 30, 10)), Some(WorseBy::Errors));
        assert_eq!(verdict(&tally(1_000, 300, 10), &tally(100, 31, 10)), None, "a bad hour for both");
        assert_eq!(verdict(&tally(100_000, 0, 10), &tally(100_000, 1_500, 10)), None, "sure, but it does not matter");
        assert_eq!(verdict(&good, &tally(100, 0, 100)), Some(WorseBy::Latency));
        assert_eq!(verdict(&good, &tally(100, 0, 13)), None);
        assert_eq!(verdict(&tally(1_000, 0, 1), &tally(100, 0, 40)), None, "within the slack");
        assert_eq!(verdict(&Tally::default(), &tally(40, 0, 500)), None, "nothing to compare with");
        assert_eq!(verdict(&Tally::default(), &tally(40, 30, 5)), Some(WorseBy::Errors));
        assert_eq!(verdict(&good, &good), None);
    }
}
