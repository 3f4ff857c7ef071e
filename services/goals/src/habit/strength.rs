//! The strength of a habit: exponential smoothing, in which an old day counts less than a recent one and none is everything.
//!
//! The formula is the one that Loop Habit Tracker describes as its habit score
//! (<https://github.com/iSoron/uhabits>, FAQ "How does habit score work"; the code is ours):
//!
//! ```text
//! strength(day) = strength(day - 1) * m + done(day) * (1 - m)        m = 0.5 ^ (sqrt(f) / 13)
//! ```
//!
//! where `f` is the habit's frequency in times per day. A daily habit halves in 13 days without it and reaches half in 13 days
//! with it. Where a habit is not due every day, `done(day)` is the share that was reached of what two periods ask for, over
//! the days of two periods, so that the choice of days within them does not matter.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::calendar::next_day;
use super::schedule::Schedule;

/// Days until half of the strength is lost by a habit of once a day.
const HALF_LIFE_DAYS: f64 = 13.0;

/// The strength at the end of `today`, 0 to 1. `shares` says how much of a day's target was done, 0 to 1; missing days are 0.
/// A day that is not over and not done is left out.
pub(super) fn strength(schedule: &Schedule, shares: &BTreeMap<Date, f64>, start: Date, today: Date) -> f64 {
    let (times, days) = schedule.frequency();
    let multiplier = 0.5_f64.powf((times as f64 / days as f64).sqrt() / HALF_LIFE_DAYS);
    let (wanted, window) = if days == 1 { (1.0, 1) } else { (2.0 * times as f64, 2 * days) };
    let mut recent = Recent::new(window);
    let mut strength = 0.0;
    let mut day = start;
    while day <= today {
        let share = if schedule.counts_on(day) { shares.get(&day).copied().unwrap_or(0.0) } else { 0.0 };
        if day == today && share < 1.0 {
            break;
        }
        let reached = (recent.push(share) / wanted).min(1.0);
        strength = strength * multiplier + reached * (1.0 - multiplier);
        if day == Date::MAX {
            break;
        }
        day = next_day(day);
    }
    strength
}

/// The sum of the last days.
struct Recent {
    ring: Vec<f64>,
    next: usize,
}

impl Recent {
    fn new(window: i64) -> Self {
        Self { ring: vec![0.0; usize::try_from(window).unwrap_or(1).max(1)], next: 0 }
    }

    /// Takes the newest in, the oldest out. Summed anew, so that no rounding error grows with the years.
    fn push(&mut self, share: f64) -> f64 {
        self.ring[self.next] = share;
        self.next = (self.next + 1) % self.ring.len();
        self.ring.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habit::parse_date;

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    /// Every day from the first to the last, both counted.
    fn every_day(first: &str, last: &str) -> BTreeMap<Date, f64> {
        let mut day = date(first);
        let mut shares = BTreeMap::new();
        while day <= date(last) {
            shares.insert(day, 1.0);
            day = next_day(day);
        }
        shares
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn a_daily_habit_is_half_strong_after_13_days_and_loses_half_in_13() {
        let shares = every_day("2024-01-01", "2024-01-13");
        close(strength(&Schedule::Daily, &shares, date("2024-01-01"), date("2024-01-13")), 0.5);
        // Thirteen days without, and the day after which is still open.
        close(strength(&Schedule::Daily, &shares, date("2024-01-01"), date("2024-01-27")), 0.25);
    }

    #[test]
    fn a_missed_day_costs_little() {
        let shares = every_day("2023-01-01", "2023-12-31");
        let before = strength(&Schedule::Daily, &shares, date("2023-01-01"), date("2023-12-31"));
        let after = strength(&Schedule::Daily, &shares, date("2023-01-01"), date("2024-01-02"));
        assert!(before > 0.99 && after > 0.9 && after < before, "{before} {after}");
    }

    #[test]
    fn which_days_of_the_week_does_not_matter() {
        let schedule = Schedule::TimesPerWeek { times: 3 };
        let shares = |offsets: [i64; 3]| -> BTreeMap<Date, f64> {
            (0..20)
                .flat_map(|week| offsets.map(|offset| week * 7 + offset))
                .map(|day| (date("2024-01-01").saturating_add(jiff::SignedDuration::from_hours(24 * day)), 1.0))
                .collect()
        };
        let spread = strength(&schedule, &shares([0, 2, 4]), date("2024-01-01"), date("2024-05-20"));
        let bunched = strength(&schedule, &shares([0, 1, 2]), date("2024-01-01"), date("2024-05-20"));
        assert!((spread - bunched).abs() < 0.02, "{spread} {bunched}");
        assert!(spread > 0.95, "{spread}");
    }

    #[test]
    fn half_of_the_target_is_half_of_a_day() {
        let shares: BTreeMap<Date, f64> = every_day("2024-01-01", "2024-01-13").into_keys().map(|day| (day, 0.5)).collect();
        close(strength(&Schedule::Daily, &shares, date("2024-01-01"), date("2024-01-14")), 0.25);
    }

    #[test]
    fn today_counts_once_it_is_done() {
        let yesterday = every_day("2024-01-01", "2024-01-12");
        let today = every_day("2024-01-01", "2024-01-13");
        let open = strength(&Schedule::Daily, &yesterday, date("2024-01-01"), date("2024-01-13"));
        close(open, strength(&Schedule::Daily, &yesterday, date("2024-01-01"), date("2024-01-12")));
        assert!(strength(&Schedule::Daily, &today, date("2024-01-01"), date("2024-01-13")) > open);
    }
}
