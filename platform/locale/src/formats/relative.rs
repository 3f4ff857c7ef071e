//! Distances in time.

use fixed_decimal::Decimal as FixedDecimal;
use icu_experimental::relativetime::options::Numeric;
use icu_experimental::relativetime::{RelativeTimeFormatter, RelativeTimeFormatterOptions};
use icu_locale::Locale;
use jiff::{Unit, Zoned};

/// Up to here hours say more than the calendar: at one in the morning, 11 p.m. is two hours ago and not yesterday. In seconds.
const HALF_A_DAY: i64 = 12 * 60 * 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelativeUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Whether a distance that has a word of its own is written by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelativeWords {
    /// `yesterday`.
    #[default]
    Usual,
    /// `1 day ago`.
    Never,
}

#[derive(Debug)]
pub(super) struct Relative {
    words: Units,
    numbers: Units,
}

#[derive(Debug)]
struct Units {
    seconds: Option<RelativeTimeFormatter>,
    minutes: Option<RelativeTimeFormatter>,
    hours: Option<RelativeTimeFormatter>,
    days: Option<RelativeTimeFormatter>,
    weeks: Option<RelativeTimeFormatter>,
    months: Option<RelativeTimeFormatter>,
    quarters: Option<RelativeTimeFormatter>,
    years: Option<RelativeTimeFormatter>,
}

impl Units {
    fn new(locale: &Locale, numeric: Numeric) -> Self {
        let options = RelativeTimeFormatterOptions::default().with_numeric(numeric);
        Self {
            seconds: RelativeTimeFormatter::try_new_long_second(locale.into(), options).ok(),
            minutes: RelativeTimeFormatter::try_new_long_minute(locale.into(), options).ok(),
            hours: RelativeTimeFormatter::try_new_long_hour(locale.into(), options).ok(),
            days: RelativeTimeFormatter::try_new_long_day(locale.into(), options).ok(),
            weeks: RelativeTimeFormatter::try_new_long_week(locale.into(), options).ok(),
            months: RelativeTimeFormatter::try_new_long_month(locale.into(), options).ok(),
            quarters: RelativeTimeFormatter::try_new_long_quarter(locale.into(), options).ok(),
            years: RelativeTimeFormatter::try_new_long_year(locale.into(), options).ok(),
        }
    }

    fn of(&self, unit: RelativeUnit) -> Option<&RelativeTimeFormatter> {
        let formatter = match unit {
            RelativeUnit::Second => &self.seconds,
            RelativeUnit::Minute => &self.minutes,
            RelativeUnit::Hour => &self.hours,
            RelativeUnit::Day => &self.days,
            RelativeUnit::Week => &self.weeks,
            RelativeUnit::Month => &self.months,
            RelativeUnit::Quarter => &self.quarters,
            RelativeUnit::Year => &self.years,
        };
        formatter.as_ref()
    }
}

impl Relative {
    pub(super) fn new(locale: &Locale) -> Self {
        Self { words: Units::new(locale, Numeric::Auto), numbers: Units::new(locale, Numeric::Always) }
    }

    pub(super) fn write(&self, amount: i64, unit: RelativeUnit, words: RelativeWords) -> String {
        let units = match words {
            RelativeWords::Usual => &self.words,
            RelativeWords::Never => &self.numbers,
        };
        match units.of(unit) {
            Some(formatter) => formatter.format(FixedDecimal::from(amount)).to_string(),
            None => format!("{amount} {unit:?}"),
        }
    }
}

/// The distance of `then` from `now` in the largest unit of which there is at least one, rounded towards zero.
pub(super) fn distance(then: &Zoned, now: &Zoned) -> (i64, RelativeUnit) {
    let seconds = then.timestamp().as_second() - now.timestamp().as_second();
    if seconds.abs() < 60 {
        return (seconds, RelativeUnit::Second);
    }
    if seconds.abs() < 60 * 60 {
        return (seconds / 60, RelativeUnit::Minute);
    }
    let there = then.with_time_zone(now.time_zone().clone()).date();
    let here = now.date();
    if here == there || seconds.abs() < HALF_A_DAY {
        return (seconds / (60 * 60), RelativeUnit::Hour);
    }
    let days = here.until((Unit::Day, there)).map_or(seconds / 86_400, |span| i64::from(span.get_days()));
    if days.abs() < 7 {
        return (days, RelativeUnit::Day);
    }
    let Ok(span) = here.until((Unit::Year, there)) else {
        return (days, RelativeUnit::Day);
    };
    match (i64::from(span.get_years()), i64::from(span.get_months())) {
        (0, 0) => (days / 7, RelativeUnit::Week),
        (0, months) => (months, RelativeUnit::Month),
        (years, _) => (years, RelativeUnit::Year),
    }
}
