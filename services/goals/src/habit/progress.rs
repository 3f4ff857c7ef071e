//! What a person sees of a habit's course: streaks, strength, completion.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schedule::Schedule;
use super::streak::{StreakUnit, Streaks};
use super::strength::strength;

/// What was done on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    pub date: Date,
    /// In the unit of the habit's target; 0 or more.
    pub amount: f64,
}

/// The course of a habit until today, in the habit's time zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"currentStreak": 4, "longestStreak": 9, "streakUnit": "week", "strength": 0.6123, "completionRate": 0.9167, "totalDays": 33, "doneToday": true, "today": "2025-03-14"}))]
pub struct Progress {
    /// The streak that has not been broken. What can still be done today, this week or this month does not break it.
    pub current_streak: i64,
    pub longest_streak: i64,
    /// What one step of a streak is.
    pub streak_unit: StreakUnit,
    /// 0 to 1: exponential smoothing over all days. A missed day costs a little.
    pub strength: f64,
    /// What was done of what was due so far, 0 to 1; `null` before anything was due.
    pub completion_rate: Option<f64>,
    /// Days on which the target was reached.
    pub total_days: i64,
    pub done_today: bool,
    /// The date of today in the habit's time zone.
    #[schema(format = Date)]
    pub today: String,
}

impl Progress {
    /// `target` is the amount that makes a day done, above 0. Check-ins before `start` move the start: what was done is never lost.
    pub fn of(schedule: &Schedule, target: f64, days: &[Day], start: Date, today: Date) -> Self {
        let past: Vec<&Day> = days.iter().filter(|day| day.date <= today).collect();
        let start = past.iter().map(|day| day.date).min().map_or(start, |first| first.min(start));
        let shares: BTreeMap<Date, f64> = past.iter().map(|day| (day.date, share(day.amount, target))).collect();
        let reached: BTreeSet<Date> = shares.iter().filter(|(_, share)| **share >= 1.0).map(|(date, _)| *date).collect();
        let streaks = Streaks::of(schedule, &reached, start, today);
        Self {
            current_streak: streaks.current,
            longest_streak: streaks.longest,
            streak_unit: schedule.unit(),
            strength: rounded(strength(schedule, &shares, start, today)),
            completion_rate: streaks.completion_rate.map(rounded),
            total_days: i64::try_from(reached.len()).unwrap_or(i64::MAX),
            done_today: reached.contains(&today),
            today: today.to_string(),
        }
    }
}

/// How much of the target was done, 0 to 1.
fn share(amount: f64, target: f64) -> f64 {
    if amount >= target { 1.0 } else { (amount / target).clamp(0.0, 1.0) }
}

/// Four decimals are more than anybody reads.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habit::parse_date;

    fn day(date: &str, amount: f64) -> Day {
        Day { date: parse_date(date).unwrap(), amount }
    }

    #[test]
    fn a_day_counts_when_its_target_is_reached() {
        let days = [day("2024-03-01", 8.0), day("2024-03-02", 7.5), day("2024-03-03", 12.0)];
        let progress = Progress::of(&Schedule::Daily, 8.0, &days, days[0].date, days[2].date);
        assert_eq!((progress.current_streak, progress.longest_streak, progress.total_days), (1, 1, 2));
        assert!(progress.done_today);
        assert_eq!(progress.completion_rate, Some(0.6667));
    }

    #[test]
    fn what_was_done_before_the_start_counts() {
        let days = [day("2024-02-28", 1.0), day("2024-02-29", 1.0), day("2024-03-01", 1.0)];
        let progress = Progress::of(&Schedule::Daily, 1.0, &days, days[2].date, days[2].date);
        assert_eq!(progress.current_streak, 3);
    }

    #[test]
    fn days_after_today_do_not_count() {
        let days = [day("2024-03-01", 1.0), day("2024-03-02", 1.0)];
        let progress = Progress::of(&Schedule::Daily, 1.0, &days, days[0].date, days[0].date);
        assert_eq!((progress.total_days, progress.current_streak), (1, 1));
    }
}
