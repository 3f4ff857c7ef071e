//! The arithmetic of habits: when one is due, how long its streak is, how strong it has become. Pure: no clock, no store.

mod calendar;
mod progress;
mod schedule;
mod streak;
mod strength;

pub use calendar::{local_date, parse_date, time_zone};
pub use progress::{Day, Progress};
pub use schedule::{Schedule, Weekday};
pub use streak::{StreakUnit, Streaks};

#[cfg(test)]
mod properties;
