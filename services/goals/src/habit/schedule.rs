//! When a habit is to be done.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::streak::StreakUnit;

/// How often a habit is to be done.
///
/// `daily` and `weekdays` name the days; with `timesPerWeek` and `timesPerMonth` any days will do, as long as there are enough
/// of them in the week (Monday to Sunday, ISO 8601) or the calendar month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"type": "timesPerWeek", "times": 3}))]
pub enum Schedule {
    /// Every day.
    Daily,
    /// On chosen days of the week, each named once.
    Weekdays {
        #[schema(min_items = 1, max_items = 7)]
        days: Vec<Weekday>,
    },
    /// So many days a week, 1 to 7.
    TimesPerWeek {
        #[schema(minimum = 1, maximum = 7)]
        times: i64,
    },
    /// So many days a month, 1 to 31. In a shorter month all of its days are enough.
    TimesPerMonth {
        #[schema(minimum = 1, maximum = 31)]
        times: i64,
    },
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    fn is_on(self, date: Date) -> bool {
        use jiff::civil::Weekday as Jiff;
        let own = match self {
            Self::Monday => Jiff::Monday,
            Self::Tuesday => Jiff::Tuesday,
            Self::Wednesday => Jiff::Wednesday,
            Self::Thursday => Jiff::Thursday,
            Self::Friday => Jiff::Friday,
            Self::Saturday => Jiff::Saturday,
            Self::Sunday => Jiff::Sunday,
        };
        own == date.weekday()
    }
}

/// A stretch of days within which a number of them is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) times: i64,
}

impl Schedule {
    /// What one step of a streak is.
    pub fn unit(&self) -> StreakUnit {
        match self {
            Self::Daily | Self::Weekdays { .. } => StreakUnit::Day,
            Self::TimesPerWeek { .. } => StreakUnit::Week,
            Self::TimesPerMonth { .. } => StreakUnit::Month,
        }
    }

    /// Whether doing it on `date` counts: on the named days, or on any day where only the number matters.
    pub fn counts_on(&self, date: Date) -> bool {
        match self {
            Self::Weekdays { days } => days.iter().any(|day| day.is_on(date)),
            Self::Daily | Self::TimesPerWeek { .. } | Self::TimesPerMonth { .. } => true,
        }
    }

    /// The period to which `date` belongs.
    pub(super) fn period(&self, date: Date) -> Period {
        match self {
            Self::Daily | Self::Weekdays { .. } => Period { first: date, last: date, times: i64::from(self.counts_on(date)) },
            Self::TimesPerWeek { times } => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                let first = shift(date, -since_monday);
                Period { first, last: shift(first, 6), times: *times }
            }
            Self::TimesPerMonth { times } => Period { first: date.first_of_month(), last: date.last_of_month(), times: *times },
        }
    }

    /// So many times (left) in so many days (right), for the strength's formula.
    pub(super) fn frequency(&self) -> (i64, i64) {
        match self {
            Self::Daily => (1, 1),
            Self::Weekdays { days } => (i64::try_from(days.len()).unwrap_or(7), 7),
            Self::TimesPerWeek { times } => (*times, 7),
            Self::TimesPerMonth { times } => ((*times).min(30), 30),
        }
    }
}

/// `date` moved by days; at the ends of the calendar it stays there.
fn shift(date: Date, days: i64) -> Date {
    date.saturating_add(jiff::SignedDuration::from_hours(days * 24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habit::parse_date;

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn a_week_runs_from_monday_to_sunday() {
        let schedule = Schedule::TimesPerWeek { times: 3 };
        for day in ["2024-12-30", "2025-01-01", "2025-01-05"] {
            let period = schedule.period(date(day));
            assert_eq!((period.first, period.last), (date("2024-12-30"), date("2025-01-05")), "{day}");
        }
    }

    #[test]
    fn a_month_has_its_own_length() {
        let period = Schedule::TimesPerMonth { times: 31 }.period(date("2024-02-10"));
        assert_eq!((period.first, period.last), (date("2024-02-01"), date("2024-02-29")));
    }

    #[test]
    fn chosen_days_count_and_others_do_not() {
        let schedule = Schedule::Weekdays { days: vec![Weekday::Tuesday, Weekday::Sunday] };
        // 2024-01-01 was a Monday.
        let counting: Vec<i8> = (1..=7).filter(|day| schedule.counts_on(jiff::civil::date(2024, 1, *day))).collect();
        assert_eq!(counting, [2, 7]);
    }

    #[test]
    fn the_words_on_the_wire() {
        let text = r#"{"type":"weekdays","days":["monday","friday"]}"#;
        let schedule: Schedule = serde_json::from_str(text).unwrap();
        assert_eq!(schedule, Schedule::Weekdays { days: vec![Weekday::Monday, Weekday::Friday] });
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
        assert_eq!(serde_json::to_string(&Schedule::Daily).unwrap(), r#"{"type":"daily"}"#);
        for bad in [r#"{"type":"hourly"}"#, r#"{"type":"timesPerWeek"}"#, r#"{"type":"timesPerWeek","times":3,"days":[]}"#, "{}"]
        {
            assert!(serde_json::from_str::<Schedule>(bad).is_err(), "{bad}");
        }
    }
}
