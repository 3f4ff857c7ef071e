//! Whether calls should go somewhere: what calls came to, what checks found, how fast one that came back may have its share.

pub(crate) mod breaker;
pub(crate) mod budget;
pub(crate) mod check;
pub(crate) mod passive;
pub(crate) mod window;

use std::time::Duration;

/// Microseconds, for comparing with the clock's.
pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
