//! The values that a message is given.

use super::localized::{Localized, Value};
use crate::formats::Decimal;
use banyan_kernel::Money;
use fluent_bundle::types::{FluentNumber, FluentNumberOptions};
use fluent_bundle::{FluentArgs, FluentValue};
use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time};

/// Fluent's numbers are IEEE 754 doubles, which hold 15 significant digits exactly.
const EXACT: u64 = 1_000_000_000_000_000;
/// Decimals beyond these have no influence on a plural form, and Fluent's arithmetic on them would overflow.
const MOST_DECIMALS: u8 = 15;

/// Values for a message's placeholders. Each is written as the message's locale writes it.
///
/// ```
/// # use banyan_locale::Args;
/// let args = Args::new().text("name", "Sari").integer("count", 3);
/// ```
#[derive(Debug, Default)]
pub struct Args<'a>(FluentArgs<'a>);

impl<'a> Args<'a> {
    /// No values. Allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Text is shown as it is; the page that shows the message escapes it. What is written from right to left stands between
    /// marks that keep it apart (FSI and PDI, UAX 9 §2.4), so that the words around it stay in order in every language.
    #[must_use]
    pub fn text(self, name: &'a str, text: &'a str) -> Self {
        if text.chars().any(runs_from_right_to_left) {
            return self.with(name, FluentValue::from(format!("\u{2068}{text}\u{2069}")));
        }
        self.with(name, FluentValue::from(text))
    }

    /// Also chooses plural forms. Beyond 15 digits it is written exactly but takes the default form.
    #[must_use]
    pub fn integer(self, name: &'a str, value: i64) -> Self {
        self.decimal(name, Decimal::from(value))
    }

    /// Also chooses plural forms. All decimals of the value are written. Beyond 15 digits as [`integer`](Self::integer).
    #[must_use]
    pub fn decimal(self, name: &'a str, value: Decimal) -> Self {
        if value.units().unsigned_abs() >= EXACT || value.scale() > MOST_DECIMALS {
            return self.value(name, Value::Number(value));
        }
        if value.scale() == 0 {
            return self.with(name, FluentValue::from(value.units()));
        }
        // Parsed from its digits, because a division could round once more.
        let number = value.fixed().to_string().parse().unwrap_or_default();
        let decimals = Some(usize::from(value.scale()));
        let options = FluentNumberOptions {
            minimum_fraction_digits: decimals,
            maximum_fraction_digits: decimals,
            ..FluentNumberOptions::default()
        };
        self.with(name, FluentValue::Number(FluentNumber::new(number, options)))
    }

    #[must_use]
    pub fn money(self, name: &'a str, amount: Money) -> Self {
        self.value(name, Value::Money(amount))
    }

    /// Written short unless the message says `DATETIME($name, dateStyle: "long")`.
    #[must_use]
    pub fn date(self, name: &'a str, date: Date) -> Self {
        self.value(name, Value::Date(date))
    }

    #[must_use]
    pub fn time(self, name: &'a str, time: Time) -> Self {
        self.value(name, Value::Time(time))
    }

    #[must_use]
    pub fn date_time(self, name: &'a str, moment: DateTime) -> Self {
        self.value(name, Value::DateTime(moment))
    }

    /// The date and time that a clock in the moment's own time zone shows.
    #[must_use]
    pub fn zoned(self, name: &'a str, moment: &Zoned) -> Self {
        self.date_time(name, moment.datetime())
    }

    /// Joined by "and" unless the message says `LIST($name, type: "or")`.
    #[must_use]
    pub fn list<T: Into<String>>(self, name: &'a str, items: impl IntoIterator<Item = T>) -> Self {
        self.value(name, Value::List(items.into_iter().map(Into::into).collect()))
    }

    pub(super) fn fluent(&self) -> &FluentArgs<'a> {
        &self.0
    }

    fn value(self, name: &'a str, value: Value) -> Self {
        self.with(name, Localized::usual(value).into())
    }

    fn with(mut self, name: &'a str, value: FluentValue<'a>) -> Self {
        self.0.set(name, value);
        self
    }
}

/// Whether a letter is of a block that Unicode keeps for scripts from right to left (DerivedBidiClass, ranges of R and AL).
const fn runs_from_right_to_left(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
