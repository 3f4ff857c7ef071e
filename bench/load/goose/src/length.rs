//! How long a script runs, and with how many.

use crate::script::Step;

#[derive(Clone, Copy)]
pub(crate) enum Length {
    /// A few seconds with a hundredth of the people: for looking whether everything works.
    Quick,
    /// Percent of the published time, with all the people.
    Percent(u8),
}

const QUICK_SECONDS: u64 = 10;
const QUICK_PER_SECOND: u64 = 10;
const QUICK_STEP: usize = 2; // seconds
const QUICK_DIVISOR: usize = 100;

impl Length {
    /// How many arrive, and how many a second.
    pub(crate) fn arrivals(self, seconds: u64, per_second: u64) -> (u64, u64) {
        match self {
            Self::Quick => (QUICK_SECONDS * QUICK_PER_SECOND, QUICK_PER_SECOND),
            Self::Percent(percent) => ((seconds * per_second * u64::from(percent) / 100).max(1), per_second),
        }
    }

    /// In whole seconds, as Goose takes them.
    pub(crate) fn steps(self, steps: &[Step]) -> Vec<Step> {
        let scaled = |step: &Step| match self {
            Self::Quick => Step { users: step.users / QUICK_DIVISOR, seconds: QUICK_STEP },
            Self::Percent(percent) => Step { users: step.users, seconds: (step.seconds * usize::from(percent)).div_ceil(100) },
        };
        steps.iter().map(scaled).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shortened_and_the_load_stays() {
        assert_eq!(Length::Percent(100).arrivals(300, 50), (15_000, 50));
        assert_eq!(Length::Percent(10).arrivals(300, 50), (1_500, 50));
        let steps = [Step { users: 100, seconds: 120 }, Step { users: 0, seconds: 60 }];
        let scaled = |length: Length| length.steps(&steps).iter().map(|step| (step.users, step.seconds)).collect::<Vec<_>>();
        assert_eq!(scaled(Length::Percent(50)), [(100, 60), (0, 30)]);
        assert_eq!(scaled(Length::Quick), [(1, 2), (0, 2)]);
    }
}
