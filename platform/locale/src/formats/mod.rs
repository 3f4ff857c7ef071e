//! Values written as a locale writes them, by CLDR through ICU4X.
//!
//! CLDR puts a no-break space (U+00A0) between `Rp` and the amount and a narrow one (U+202F) before `PM`; both stay.
//! Nothing here fails: where data is missing (it is compiled in, so it is not) a value is written in its plain ISO form.

mod dates;
mod lists;
mod money;
mod numbers;
mod relative;

pub use dates::{DateStyle, TimeStyle};
pub use icu_plurals::PluralCategory;
pub use lists::ListKind;
pub use money::minor_digits;
pub use numbers::{CompactStyle, Decimal, InvalidDecimal};
pub(crate) use numbers::{Grouping, NumberStyle, Percent};
pub use relative::{RelativeUnit, RelativeWords};

use banyan_kernel::Money;
use fixed_decimal::Decimal as FixedDecimal;
use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time};

/// The formatters of one locale. Get it by [`Locale::formats`](crate::Locale::formats).
#[derive(Debug)]
pub struct Formats {
    numbers: numbers::Numbers,
    dates: dates::Dates,
    money: money::Amounts,
    lists: lists::Lists,
    relative: relative::Relative,
}

impl Formats {
    pub(crate) fn new(tag: &str) -> Self {
        let locale = tag.parse().unwrap_or(icu_locale::Locale::UNKNOWN);
        Self {
            numbers: numbers::Numbers::new(&locale),
            dates: dates::Dates::new(&locale),
            money: money::Amounts::new(locale.clone()),
            lists: lists::Lists::new(&locale),
            relative: relative::Relative::new(&locale),
        }
    }

    /// `-1,234` in American English, `-1.234` in Indonesian.
    pub fn integer(&self, value: i64) -> String {
        self.numbers.decimal(&FixedDecimal::from(value))
    }

    /// `1,234.56` in American English, `1.234,56` in Indonesian. All decimals of the value are written.
    pub fn decimal(&self, value: Decimal) -> String {
        self.numbers.decimal(&value.fixed())
    }

    /// Shortened to about two digits: `1.2K` and `1,2 rb`, in words `1.2 thousand` and `1,2 ribu`.
    pub fn compact(&self, value: Decimal, style: CompactStyle) -> String {
        self.numbers.compact(&value.fixed(), style)
    }

    /// A number with at least and at most so many decimals (each at most 15), rounded half to even.
    pub fn number(&self, value: Decimal, decimals: std::ops::RangeInclusive<u8>) -> String {
        self.numbers.styled(value.fixed(), &NumberStyle { percent: Percent::No, ..NumberStyle::with(decimals) })
    }

    /// A ratio as per cent with at least and at most so many decimals (each at most 15), rounded half to even.
    pub fn percent_with(&self, ratio: Decimal, decimals: std::ops::RangeInclusive<u8>) -> String {
        self.numbers.styled(ratio.fixed(), &NumberStyle::with(decimals))
    }

    /// A ratio as per cent, rounded half to even to whole per cent: 0.125 is `12%`.
    pub fn percent(&self, ratio: Decimal) -> String {
        self.numbers.styled(ratio.fixed(), &NumberStyle::PERCENT)
    }

    /// An amount with the currency's usual symbol here: `$1,234.56`; in Indonesian `US$1.234,56` and `Rp 1.234.567`.
    /// The decimals are those that CLDR shows (none for IDR), which may be fewer than the minor units hold; the rest is rounded half to even.
    pub fn money(&self, amount: Money) -> String {
        self.money.write(amount)
    }

    /// An amount that is shortened to about two digits: `$12K`, `Rp 1,2 jt`.
    pub fn money_compact(&self, amount: Money) -> String {
        self.money.write_compact(amount)
    }

    /// A date of the Gregorian calendar.
    pub fn date(&self, date: Date, style: DateStyle) -> String {
        self.dates.date(date, style)
    }

    /// A time of day: `3:04 PM` in American English, `15.04` in Indonesian.
    pub fn time(&self, time: Time, style: TimeStyle) -> String {
        self.dates.time(time, style)
    }

    /// A date with hours and minutes.
    pub fn date_time(&self, moment: DateTime, style: DateStyle) -> String {
        self.dates.date_time(moment, style)
    }

    /// The date, hours and minutes that a clock in the moment's own time zone shows.
    pub fn zoned(&self, moment: &Zoned, style: DateStyle) -> String {
        self.date_time(moment.datetime(), style)
    }

    /// As [`zoned`](Self::zoned), with the short name of the zone: `1/15/2024, 3:04 PM EST`, `15/1/2024, 15.04 WIB`.
    pub fn zoned_with_zone(&self, moment: &Zoned, style: DateStyle) -> String {
        self.dates.zoned(moment, style)
    }

    /// Which plural form a number takes: `one` or `other` in English, always `other` in Indonesian.
    pub fn plural(&self, value: Decimal) -> PluralCategory {
        self.numbers.cardinal(&value.fixed())
    }

    /// Which form a rank takes: `one` for 1st and 21st in English.
    pub fn ordinal(&self, rank: u32) -> PluralCategory {
        self.numbers.ordinal(rank)
    }

    /// `a, b, and c`; `a, b, dan c`.
    pub fn list<T: AsRef<str>>(&self, items: &[T], kind: ListKind) -> String {
        self.lists.write(items, kind)
    }

    /// `in 3 days`, `12 days ago`; a word where the language has one: `yesterday`, `kemarin`. Negative is past.
    pub fn relative(&self, amount: i64, unit: RelativeUnit) -> String {
        self.relative.write(amount, unit, RelativeWords::Usual)
    }

    /// As [`relative`](Self::relative), by numbers where `words` says so: `1 day ago`.
    pub fn relative_with(&self, amount: i64, unit: RelativeUnit, words: RelativeWords) -> String {
        self.relative.write(amount, unit, words)
    }

    /// How far `then` is from `now`, in the largest unit that fits. From half a day on, days count by the calendar of
    /// `now`'s time zone, so that `yesterday` is yesterday.
    pub fn relative_to(&self, then: &Zoned, now: &Zoned) -> String {
        let (amount, unit) = relative::distance(then, now);
        self.relative(amount, unit)
    }

    /// A number with Fluent's `NUMBER` options.
    pub(crate) fn styled_number(&self, value: FixedDecimal, style: &NumberStyle) -> String {
        self.numbers.styled(value, style)
    }
}
