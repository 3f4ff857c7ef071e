//! Streaks: how often in a row a habit was done as its schedule asks.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::{days_inclusive, next_day};
use super::schedule::Schedule;

/// What a streak counts: the due days of a schedule that names days, else weeks or months in which the number was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StreakUnit {
    Day,
    Week,
    Month,
}

/// A habit's streaks and how much of what was due was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Streaks {
    /// The one that has not been broken yet. A day, week or month that is not over cannot break it.
    pub current: i64,
    pub longest: i64,
    /// What was done of what was due, 0 to 1; `None` before anything was due.
    pub completion_rate: Option<f64>,
}

/// A period as it turned out.
struct Turn {
    required: i64,
    /// Days done, at most `required`.
    done: i64,
    over: bool,
}

impl Streaks {
    /// `done` holds the days on which enough was done. Days before `start` or after `today` do not count.
    pub fn of(schedule: &Schedule, done: &BTreeSet<Date>, start: Date, today: Date) -> Self {
        let (mut current, mut longest) = (0, 0);
        let (mut required, mut reached) = (0, 0);
        for turn in turns(schedule, done, start, today) {
            if turn.done >= turn.required {
                current += 1;
                longest = longest.max(current);
            } else if turn.over {
                current = 0;
            }
            // What can still be done is not held against the person.
            required += if turn.over { turn.required } else { turn.done };
            reached += turn.done;
        }
        let completion_rate = (required > 0).then(|| reached as f64 / required as f64);
        Self { current, longest, completion_rate }
    }
}

/// The periods from `start` to `today` in which something was due.
fn turns(schedule: &Schedule, done: &BTreeSet<Date>, start: Date, today: Date) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut day = start;
    while day <= today {
        let period = schedule.period(day);
        // In the period in which the habit began, only the days since then could be used.
        let required = period.times.min(days_inclusive(day, period.last));
        if required > 0 {
            let last = period.last.min(today);
            let count = i64::try_from(done.range(day..=last).count()).unwrap_or(i64::MAX);
            turns.push(Turn { required, done: count.min(required), over: period.last < today });
        }
        if period.last == Date::MAX {
            break;
        }
        day = next_day(period.last);
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habit::{Weekday, parse_date};

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    fn streaks(schedule: &Schedule, done: &[&str], start: &str, today: &str) -> Streaks {
        let done = done.iter().map(|day| date(day)).collect();
        Streaks::of(schedule, &done, date(start), date(today))
    }

    #[test]
    fn today_is_open_until_it_is_over() {
        let done = ["2024-03-01", "2024-03-02", "2024-03-03"];
        let open = streaks(&Schedule::Daily, &done, "2024-03-01", "2024-03-04");
        assert_eq!((open.current, open.longest, open.completion_rate), (3, 3, Some(1.0)));
        let broken = streaks(&Schedule::Daily, &done, "2024-03-01", "2024-03-05");
        assert_eq!((broken.current, broken.longest, broken.completion_rate), (0, 3, Some(0.75)));
    }

    #[test]
    fn days_off_do_not_break_a_streak_and_do_not_feed_it() {
        let schedule = Schedule::Weekdays { days: vec![Weekday::Monday, Weekday::Thursday] };
        // Mondays and Thursdays of two weeks, and one Sunday that was nobody's duty.
        let done = ["2024-01-01", "2024-01-04", "2024-01-07", "2024-01-08", "2024-01-11"];
        let found = streaks(&schedule, &done, "2024-01-01", "2024-01-14");
        assert_eq!((found.current, found.longest, found.completion_rate), (4, 4, Some(1.0)));
        assert_eq!(streaks(&schedule, &done, "2024-01-01", "2024-01-16").current, 0);
    }

    #[test]
    fn three_times_a_week_counts_weeks() {
        let schedule = Schedule::TimesPerWeek { times: 3 };
        let first = ["2024-01-01", "2024-01-03", "2024-01-07"];
        let second = ["2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11"];
        let both: Vec<&str> = first.iter().chain(&second).copied().collect();
        // In the third week nothing was done yet; it is not over.
        let found = streaks(&schedule, &both, "2024-01-01", "2024-01-21");
        assert_eq!((found.current, found.longest, found.completion_rate), (2, 2, Some(1.0)));
        // Then it is over.
        let found = streaks(&schedule, &both, "2024-01-01", "2024-01-22");
        assert_eq!((found.current, found.longest), (0, 2));
        assert_eq!(found.completion_rate, Some(6.0 / 9.0));
        // Twice is not three times.
        assert_eq!(streaks(&schedule, &first[..2], "2024-01-01", "2024-01-08").longest, 0);
        // Reached on Wednesday, it counts from Wednesday on.
        assert_eq!(streaks(&schedule, &second[..3], "2024-01-08", "2024-01-10").current, 1);
    }

    #[test]
    fn a_habit_that_began_on_sunday_owes_one_day_of_that_week() {
        let schedule = Schedule::TimesPerWeek { times: 3 };
        let found = streaks(&schedule, &["2024-01-07"], "2024-01-07", "2024-01-08");
        assert_eq!((found.current, found.completion_rate), (1, Some(1.0)));
    }

    #[test]
    fn every_day_of_february_is_enough_for_31_times() {
        let schedule = Schedule::TimesPerMonth { times: 31 };
        let days: Vec<String> = (1..=28).map(|day| format!("2023-02-{day:02}")).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        assert_eq!(streaks(&schedule, &days, "2023-02-01", "2023-03-01").longest, 1);
        assert_eq!(streaks(&schedule, &days[1..], "2023-02-01", "2023-03-01").longest, 0);
    }

    #[test]
    fn a_habit_of_tomorrow_has_no_streak_yet() {
        let found = streaks(&Schedule::Daily, &[], "2024-03-02", "2024-03-01");
        assert_eq!((found.current, found.longest, found.completion_rate), (0, 0, None));
    }
}
