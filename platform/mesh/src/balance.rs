//! Who gets the next call.

mod hash;
mod score;
mod turns;

use std::sync::Arc;

use banyan_kernel::Timestamp;
use parking_lot::Mutex;

use crate::cells::{Dice, WORKERS};
use crate::instance::Instance;
use crate::place::Place;
use crate::upstream::{Balance, Upstream};

pub use score::{Standing, score};

/// The instances of a service at one moment.
pub(crate) struct Set {
    pub(crate) instances: Vec<Arc<Instance>>,
    /// Each worker takes turns for itself, so that they need not wait for each other; all together keep the weights as each one does.
    turns: [Mutex<Vec<i64>>; WORKERS],
}

/// What the choice depends on.
pub(crate) struct Question<'q> {
    pub(crate) upstream: &'q Upstream,
    pub(crate) here: &'q Place,
    pub(crate) dice: &'q Dice,
    pub(crate) now: Timestamp,
    pub(crate) key: Option<u64>,
    /// Keys of instances that have failed this call already.
    pub(crate) tried: &'q [u64],
    pub(crate) reach: Reach,
    pub(crate) care: Care,
}

/// Whether those are passed over at whom the last calls found nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    Answering,
    /// Where nobody else is left: it may be back.
    None,
}

/// Who is asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Everywhere,
    /// For further tries: what is left of a request then is what can be sent.
    Elsewhere,
}

/// Why nobody can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nobody {
    Well,
    /// Some are well, and all of those have as many calls as they may.
    WithRoom,
}

impl Question<'_> {
    fn is_open(&self, instance: &Instance) -> bool {
        let reached = self.reach == Reach::Everywhere || !instance.is_local();
        let new = !self.tried.contains(&instance.id.key);
        let answering = self.care == Care::None || !instance.passive.is_avoided(self.now);
        reached && new && answering && instance.is_well(self.upstream, self.now) && !instance.is_full(self.upstream)
    }

    fn share(&self, instance: &Instance) -> f64 {
        instance.share(self.upstream, self.now)
    }
}

impl Set {
    pub(crate) fn new(instances: Vec<Arc<Instance>>) -> Self {
        let turns = std::array::from_fn(|_| Mutex::new(vec![0; instances.len()]));
        Self { instances, turns }
    }

    /// An instance that was not tried yet and answers, as far as is known; else any that can take the call.
    pub(crate) fn choose(&self, question: &Question<'_>) -> Result<&Arc<Instance>, Nobody> {
        let careless = Question { care: Care::None, ..*question };
        let again = Question { tried: &[], ..careless };
        let found = self.find(question).or_else(|| self.find(&careless));
        let found = found.or_else(|| if question.tried.is_empty() { None } else { self.find(&again) });
        found.ok_or_else(|| {
            let full = self.instances.iter().any(|instance| instance.is_well(question.upstream, question.now));
            if full { Nobody::WithRoom } else { Nobody::Well }
        })
    }

    fn find(&self, question: &Question<'_>) -> Option<&Arc<Instance>> {
        if let [only] = &self.instances[..] {
            return question.is_open(only).then_some(only);
        }
        let at = match question.upstream.balance {
            Balance::RoundRobin => self.turn(|one| question.is_open(one).then(|| question.share(one) / f64::from(one.weight()))),
            Balance::Weighted => self.turn(|one| question.is_open(one).then(|| question.share(one))),
            Balance::LeastConnections => self.least_connections(question),
            Balance::PeakEwma => self.cheaper_of_two(question),
            Balance::ConsistentHash { bound } => self.hashed(question, bound),
            Balance::Sticky => self.sticky(question),
            Balance::Scored => self.scored(question),
        };
        at.map(|at| &self.instances[at])
    }

    fn least_connections(&self, question: &Question<'_>) -> Option<usize> {
        let busy = |one: &Instance| f64::from(one.in_flight()) / question.share(one);
        let open = self.instances.iter().filter(|one| question.is_open(one));
        let least = open.map(|one| busy(one)).min_by(f64::total_cmp)?;
        // Counts that move meanwhile may leave nobody: then anybody.
        let tied = |one: &Instance| question.is_open(one) && busy(one) <= least;
        self.turn(|one| tied(one).then(|| question.share(one))).or_else(|| self.any(question))
    }

    /// The power of two choices (Mitzenmacher 2001) over peak EWMA.
    fn cheaper_of_two(&self, question: &Question<'_>) -> Option<usize> {
        let open = |at: &usize| question.is_open(&self.instances[*at]);
        let count = (0..self.instances.len()).filter(open).count();
        if count == 0 {
            return None;
        }
        let first = question.dice.below(count);
        let second = if count > 1 { (first + 1 + question.dice.below(count - 1)) % count } else { first };
        let mut opened = (0..self.instances.len()).filter(open);
        // One may have closed since the count; then the other one, or anybody.
        let (low, high) = (first.min(second), first.max(second));
        let one = opened.nth(low)?;
        if low == high {
            return Some(one);
        }
        let Some(other) = opened.nth(high - low - 1) else { return Some(one) };
        let (one, other) = if low == first { (one, other) } else { (other, one) };
        Some(if self.is_cheaper(&self.instances[other], &self.instances[one], question) { other } else { one })
    }

    /// By latency × (calls in flight + 1), for its share.
    fn is_cheaper(&self, one: &Instance, other: &Instance, question: &Question<'_>) -> bool {
        /// Latencies that differ by less than half count as equal: peaks of chance would give one of two equal instances more for seconds.
        const SIMILAR: f64 = 1.5;
        let (latency, against) = (one.latency.micros(question.now), other.latency.micros(question.now));
        let similar = latency.max(against) <= latency.min(against) * SIMILAR;
        let (latency, against) = if similar { (against, against) } else { (latency, against) };
        cost(one, latency, question) < cost(other, against, question)
    }

    fn any(&self, question: &Question<'_>) -> Option<usize> {
        self.instances.iter().position(|one| question.is_open(one))
    }
}

fn cost(instance: &Instance, latency_micros: f64, question: &Question<'_>) -> f64 {
    /// Dearer than anything that was measured.
    const UNKNOWN: f64 = 1e15;
    let in_flight = f64::from(instance.in_flight());
    if latency_micros >= 1.0 {
        return latency_micros * (in_flight + 1.0) / question.share(instance);
    }
    // Who was not called for long, or never, gets one call and then none until that has told something.
    if in_flight == 0.0 { 1.0 / question.share(instance) } else { UNKNOWN * (in_flight + 1.0) }
}

#[cfg(test)]
mod tests;
