//! The same key to the same instance: rendezvous hashing (Thaler, Ravishankar 1998), weighted by the logarithm (Schindelhauer,
//! Schomaker 2005). Each instance draws a number from the key and itself, and the highest wins: when one goes, only its own keys move, and
//! when one comes, only those that it wins. No table has to be built or agreed on; a draw costs a few nanoseconds an instance.

use super::{Question, Set};
use crate::call::mix;
use crate::instance::Instance;

impl Set {
    /// Passes over who has more than `bound` times its share of what is in flight.
    #[expect(clippy::cast_precision_loss, reason = "calls in flight are far below 2^52")]
    pub(super) fn hashed(&self, question: &Question<'_>, bound: f64) -> Option<usize> {
        let key = question.key.unwrap_or_else(|| question.dice.roll());
        let (calls, weights) =
            self.instances.iter().filter(|one| question.is_open(one)).fold((1_u64, 0_u64), |(calls, weights), one| {
                (calls + u64::from(one.in_flight()), weights + u64::from(one.weight()))
            });
        let each = bound.max(1.01) * calls as f64 / weights.max(1) as f64;
        let has_room = |one: &Instance| f64::from(one.in_flight()) + 1.0 <= (each * f64::from(one.weight())).ceil();
        let open = |one: &Instance| question.is_open(one);
        self.highest(key, |one| open(one) && has_room(one)).or_else(|| self.highest(key, open))
    }

    pub(super) fn sticky(&self, question: &Question<'_>) -> Option<usize> {
        let Some(key) = question.key else { return self.turn(|one| question.is_open(one).then(|| question.share(one))) };
        let named = self.instances.iter().position(|one| one.id.key == key && question.is_open(one));
        named.or_else(|| self.highest(key, |one| question.is_open(one)))
    }

    fn highest(&self, key: u64, open: impl Fn(&Instance) -> bool) -> Option<usize> {
        let drawn = self.instances.iter().enumerate().filter(|(_, one)| open(one)).map(|(at, one)| (at, draw(key, one)));
        drawn.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(at, _)| at)
    }
}

/// `-weight / ln(u)`, where `u` is the hash of key and instance as a number between 0 and 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn draw(key: u64, instance: &Instance) -> f64 {
    let hash = mix(mix(key ^ 0x9e37_79b9_7f4a_7c15) ^ instance.id.key);
    let part = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -f64::from(instance.weight()) / part.ln()
}
