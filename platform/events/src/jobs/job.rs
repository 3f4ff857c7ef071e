use std::time::Duration;

use banyan_kernel::Random;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::queue::DEFAULT_QUEUE;

/// A kind of work, and what one piece of it is about.
///
/// What is stored is the JSON of the type: a newer program must still read what an older one has enqueued, and the other way round
/// while a cluster is upgraded. So only add fields that have a default.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `<service>.<what>`, at most 100 characters. It is stored with each job: never rename one in use.
    const KIND: &'static str;
    /// The queue whose bounds count for it.
    const QUEUE: &'static str = DEFAULT_QUEUE;
    /// How long one attempt may take. Afterwards its handler is dropped, what it has not committed is undone, and it counts as failed.
    const TIMEOUT: Duration = Duration::from_secs(60);
    const RETRIES: Retries = Retries::DEFAULT;
}

/// Which of a tenant's jobs in a queue come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Somebody waits for it.
    Urgent = 0,
    #[default]
    Normal = 1,
    /// When there is nothing else.
    Low = 2,
}

impl Priority {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    pub(super) fn of(number: i64) -> Self {
        match number {
            0 => Self::Urgent,
            1 => Self::Normal,
            _ => Self::Low,
        }
    }
}

/// How often a job is tried, and how long it waits between: doubling from `first` up to `longest`, each time a quarter more or less by
/// chance, so that what failed together does not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// All attempts, the first one counted; at least 1.
    pub attempts: u32,
    pub first: Duration,
    pub longest: Duration,
}

impl Retries {
    /// Ten attempts in about 9 minutes: 1 s, 2 s, 4 s … 256 s.
    pub const DEFAULT: Self = Self { attempts: 10, first: Duration::from_secs(1), longest: Duration::from_secs(10 * 60) };
    /// Twenty attempts in about three days: 5 s, 10 s, 20 s … then every 10 hours. For what lies outside and may be away for long.
    pub const OVER_DAYS: Self = Self { attempts: 20, first: Duration::from_secs(5), longest: Duration::from_secs(10 * 60 * 60) };
    /// One attempt.
    pub const NONE: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// How long to wait after `attempts` failed ones.
    pub fn pause(&self, attempts: u32, random: &dyn Random) -> Duration {
        let doublings = attempts.saturating_sub(1).min(30);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        let mut bytes = [0_u8; 4];
        random.fill(&mut bytes);
        // From three to five quarters.
        let quarters = 0.75 + f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX) / 2.0;
        pause.mul_f64(quarters)
    }

    pub(crate) fn are_over(&self, attempts: u32) -> bool {
        attempts >= self.attempts.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_within_a_quarter() {
        let pause = |attempts, chance| Retries::DEFAULT.pause(attempts, &Fixed(chance)).as_millis();
        assert_eq!([pause(1, 0), pause(2, 0), pause(3, 0), pause(9, 0)], [750, 1_500, 3_000, 192_000]);
        assert_eq!([pause(1, 255), pause(9, 255)], [1_250, 320_000]);
        assert_eq!([pause(11, 0), pause(u32::MAX, 0)], [450_000, 450_000]);
        let days: Duration = (1..Retries::OVER_DAYS.attempts).map(|n| Retries::OVER_DAYS.pause(n, &Fixed(127))).sum();
        assert!((60 * 3_600..80 * 3_600).contains(&days.as_secs()), "{days:?}");
    }
}
