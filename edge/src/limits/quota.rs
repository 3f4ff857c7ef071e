//! So many requests in so long a time, and the arithmetic of counting them.

use std::fmt;
use std::str::FromStr;

use banyan_kernel::Timestamp;
use banyan_kernel::application::RateLimit;

/// The longest window: a day, in seconds.
const LONGEST_WINDOW: u32 = 86_400;

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: u32,
    window_seconds: u32,
}

/// The text is no quota.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of requests in a time, such as `100/15m`, from 1 in a day to 1000000 in a second")]
pub struct QuotaError(String);

impl Quota {
    /// None where either is zero, the window is longer than a day, or more than a million requests are allowed in a second.
    pub const fn new(requests: u32, window_seconds: u32) -> Option<Self> {
        let fits = requests > 0 && window_seconds > 0 && window_seconds <= LONGEST_WINDOW;
        if !fits || requests as u64 > window_seconds as u64 * 1_000_000 {
            return None;
        }
        Some(Self { requests, window_seconds })
    }

    pub const fn requests(self) -> u32 {
        self.requests
    }

    pub const fn window_seconds(self) -> u32 {
        self.window_seconds
    }

    /// What an application's manifest allows.
    pub(crate) const fn of_manifest(limit: RateLimit) -> Option<Self> {
        Self::new(limit.requests, limit.window_seconds)
    }

    /// The same time for `factor` times as many.
    pub(crate) fn times(self, factor: u32) -> Self {
        Self::new(self.requests.saturating_mul(factor), self.window_seconds).unwrap_or(self)
    }

    /// Whether it allows more in the long run.
    pub(crate) const fn is_larger_than(self, other: Self) -> bool {
        self.requests as u64 * other.window_seconds as u64 > other.requests as u64 * self.window_seconds as u64
    }

    /// In microseconds.
    pub(crate) const fn window(self) -> i64 {
        self.window_seconds as i64 * Timestamp::MICROS_PER_SECOND
    }

    /// The time that one request uses up, in microseconds: at least one.
    pub(crate) const fn interval(self) -> i64 {
        self.window() / self.requests as i64
    }

    /// The generic cell rate algorithm in its virtual scheduling form (GCRA, ITU-T I.371): `empty_at` is the time in microseconds
    /// at which the subject's bucket would be empty. Gives that time after one more request; none where it is one too many.
    pub(crate) fn next(self, empty_at: i64, now: i64) -> Option<i64> {
        let next = empty_at.max(now) + self.interval();
        (next - now <= self.window()).then_some(next)
    }

    /// How many more requests would be admitted at once.
    pub(crate) fn left(self, empty_at: i64, now: i64) -> u32 {
        let used = (empty_at - now).max(0);
        u32::try_from(((self.window() - used) / self.interval()).max(0)).unwrap_or(u32::MAX).min(self.requests)
    }

    /// One number for an atomic cell.
    pub(crate) const fn pack(self) -> u64 {
        (self.requests as u64) << 32 | self.window_seconds as u64
    }

    pub(crate) const fn unpack(packed: u64) -> Option<Self> {
        Self::new((packed >> 32) as u32, packed as u32)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.window_seconds {
            seconds if seconds.is_multiple_of(3_600) => (seconds / 3_600, "h"),
            seconds if seconds.is_multiple_of(60) => (seconds / 60, "m"),
            seconds => (seconds, "s"),
        };
        write!(f, "{}/{number}{unit}", self.requests)
    }
}

/// `100/15m`; the unit is `s`, `m`, `h` or `d`.
impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        read(text).ok_or_else(|| QuotaError(text.chars().take(40).collect()))
    }
}

fn read(text: &str) -> Option<Quota> {
    let (requests, window) = text.trim().split_once('/')?;
    let window = window.trim();
    let digits = window.len() - window.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = window.split_at(digits);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let window = if number.is_empty() { seconds } else { number.parse::<u32>().ok()?.checked_mul(seconds)? };
    Quota::new(requests.trim().parse().ok()?, window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_as_they_are_written() {
        for text in ["100/15m", "5/1s", "3000/1h", "1/24h", "1000000/1s"] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        assert_eq!("1 / d".parse::<Quota>().unwrap(), Quota::new(1, 86_400).unwrap());
        for bad in ["", "100", "0/1s", "5/0s", "5/15", "-1/1s", "5/2d", "1000001/1s", "5/m5", "99999999999/1h"] {
            assert!(bad.parse::<Quota>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_quota_divides_by_zero() {
        let smallest = Quota::new(1_000_000, 1).unwrap();
        assert_eq!(smallest.interval(), 1);
        assert_eq!(Quota::new(1_000_001, 1), None);
        assert_eq!(Quota::unpack(smallest.pack()), Some(smallest));
    }
}
