//! The retry budget: further tries may be a part of the calls, and some that are free, over the last 10 s. Without it, an upstream that
//! is too slow would get several times the load just then.

use banyan_kernel::Timestamp;

use super::window::Window;
use crate::upstream::Retry;

/// The window's length in seconds, for the free tries.
const SECONDS: u32 = 10;

#[derive(Debug, Default)]
pub(crate) struct Budget(Window);

impl Budget {
    /// A call began.
    pub(crate) fn deposit(&self, now: Timestamp) {
        self.0.add_one(now);
    }

    /// Takes a further try, if there is one.
    pub(crate) fn withdraw(&self, rule: &Retry, now: Timestamp) -> bool {
        let allowed = self.left(rule, now) >= 1.0;
        if allowed {
            self.0.add_other(now);
        }
        allowed
    }

    /// How many further tries there are now.
    #[expect(clippy::cast_precision_loss, reason = "counts of ten seconds are far below 2^52")]
    pub(crate) fn left(&self, rule: &Retry, now: Timestamp) -> f64 {
        let (calls, retries) = self.0.sums(now);
        calls as f64 * rule.budget + f64::from(rule.budget_per_second.saturating_mul(SECONDS)) - retries as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_calls_and_ten_a_second_over_ten_seconds() {
        let (budget, rule) = (Budget::default(), Retry::default());
        let now = Timestamp::from_seconds(50_000);
        (0..1_000).for_each(|_| budget.deposit(now));
        let taken = (0..1_000).filter(|_| budget.withdraw(&rule, now)).count();
        assert_eq!(taken, 300, "20 % of 1,000 and 10 × 10");
        assert!(!budget.withdraw(&rule, now.plus_seconds(9)));
        assert!(budget.withdraw(&rule, now.plus_seconds(10)), "what was taken ten seconds ago is forgotten");
    }

    #[test]
    fn nothing_is_free_where_the_rule_says_so() {
        let rule = Retry { budget: 0.0, budget_per_second: 0, ..Retry::default() };
        assert!(!Budget::default().withdraw(&rule, Timestamp::from_seconds(50_000)));
    }
}
