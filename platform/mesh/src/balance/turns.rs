//! Smooth weighted round robin, as nginx has it: each turn everybody gains its weight, and whoever has most pays the sum.

use super::Set;
use crate::cells::worker;
use crate::instance::Instance;

/// Weights are counted in thousandths, so that a slow start has steps.
const UNIT: f64 = 1_000.0;

impl Set {
    /// Whose turn it is among those that `weight` gives a weight.
    #[expect(clippy::cast_possible_truncation, reason = "weights are at most 1,000")]
    pub(super) fn turn(&self, weight: impl Fn(&Instance) -> Option<f64>) -> Option<usize> {
        let mut credits = self.turns[worker()].lock();
        let mut best: Option<usize> = None;
        let mut total = 0_i64;
        for (at, instance) in self.instances.iter().enumerate() {
            let Some(weight) = weight(instance) else { continue };
            let weight = ((weight * UNIT) as i64).max(1);
            credits[at] += weight;
            total += weight;
            if best.is_none_or(|best| credits[at] > credits[best]) {
                best = Some(at);
            }
        }
        if let Some(best) = best {
            credits[best] -= total;
        }
        best
    }
}
