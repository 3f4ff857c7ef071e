//! The score of an instance.

use super::{Question, Set};
use crate::instance::Instance;

/// What an instance's score depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    pub healthy: bool,
    /// 0 to 1.
    pub load: f64,
    /// Milliseconds.
    pub latency_ms: f64,
    pub same_region: bool,
    pub same_data_centre: bool,
}

/// 100, 20 less at full load, half a point less for each millisecond above 100 ms, 10 more in the same region and 15 more in the same
/// data centre; never below 0, and 0 for one that is not healthy.
pub fn score(standing: &Standing) -> f64 {
    if !standing.healthy {
        return 0.0;
    }
    let load = 20.0 * standing.load.clamp(0.0, 1.0);
    let latency = 0.5 * (standing.latency_ms - 100.0).max(0.0);
    let region = if standing.same_region { 10.0 } else { 0.0 };
    let data_centre = if standing.same_data_centre { 15.0 } else { 0.0 };
    (100.0 - load - latency + region + data_centre).max(0.0)
}

impl Set {
    /// The best score; who ties takes turns.
    pub(super) fn scored(&self, question: &Question<'_>) -> Option<usize> {
        let of = |one: &Instance| score(&standing(one, question));
        let best = self.instances.iter().filter(|one| question.is_open(one)).map(|one| of(one)).max_by(f64::total_cmp)?;
        // Scores that differ by less than a hundredth of a point (0.02 ms) differ by noise only.
        let tied = |one: &Instance| question.is_open(one) && of(one) >= best - 0.01;
        self.turn(|one| tied(one).then(|| question.share(one))).or_else(|| self.any(question))
    }
}

fn standing(instance: &Instance, question: &Question<'_>) -> Standing {
    Standing {
        healthy: instance.is_well(question.upstream, question.now),
        load: instance.load(question.upstream),
        latency_ms: instance.latency.micros(question.now) / 1_000.0,
        same_region: instance.place.region == question.here.region,
        // Data centres are named within their region.
        same_data_centre: instance.place == *question.here,
    }
}
