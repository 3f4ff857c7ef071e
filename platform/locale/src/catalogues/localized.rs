//! Values inside messages, written by ICU: what `{ $n }`, `NUMBER`, `DATETIME` and `LIST` give.

use crate::formats::{DateStyle, Decimal, Formats, Grouping, ListKind, NumberStyle, Percent, TimeStyle};
use crate::locale::Locale;
use banyan_kernel::Money;
use fixed_decimal::Decimal as FixedDecimal;
use fluent_bundle::types::{FluentNumber, FluentNumberStyle, FluentType};
use fluent_bundle::{FluentArgs, FluentValue};
use intl_memoizer::concurrent::IntlLangMemoizer;
use intl_memoizer::{IntlLangMemoizer as LocalMemoizer, Memoizable};
use jiff::civil::{Date, DateTime, Time};
use std::borrow::Cow;
use unic_langid::LanguageIdentifier;

/// The most digits that a message may ask for on either side of the decimal mark.
const MOST_DIGITS: usize = 15;
/// Decimals of a plain number where the message does not say (ECMA-402, `maximumFractionDigits`).
const USUAL_DECIMALS: usize = 3;

/// A value that Fluent itself cannot write.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// With more digits than Fluent's numbers hold exactly.
    Number(Decimal),
    Money(Money),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    List(Vec<String>),
}

/// A value with what the message says of its look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Localized {
    value: Value,
    date: Option<DateStyle>,
    time: Option<TimeStyle>,
    list: ListKind,
}

impl Localized {
    pub(super) fn usual(value: Value) -> Self {
        Self { value, date: None, time: None, list: ListKind::And }
    }

    fn write(&self, formats: &Formats) -> String {
        let date = self.date.unwrap_or_default();
        let time = self.time.unwrap_or_default();
        match &self.value {
            Value::Number(value) => formats.decimal(*value),
            Value::Money(amount) => formats.money(*amount),
            Value::Date(day) => formats.date(*day, date),
            Value::Time(moment) => formats.time(*moment, time),
            Value::DateTime(moment) => match (self.date, self.time) {
                (Some(_), None) => formats.date(moment.date(), date),
                (None, Some(_)) => formats.time(moment.time(), time),
                _ => formats.date_time(*moment, date),
            },
            Value::List(items) => formats.list(items, self.list),
        }
    }
}

impl From<Localized> for FluentValue<'_> {
    fn from(localized: Localized) -> Self {
        Self::Custom(Box::new(localized))
    }
}

impl FluentType for Localized {
    fn duplicate(&self) -> Box<dyn FluentType + Send> {
        Box::new(self.clone())
    }

    fn as_string(&self, memoizer: &LocalMemoizer) -> Cow<'static, str> {
        let locale = memoizer.with_try_get::<BundleLocale, _, _>((), |bundle| bundle.0).unwrap_or_default();
        self.write(locale.formats()).into()
    }

    fn as_string_threadsafe(&self, memoizer: &IntlLangMemoizer) -> Cow<'static, str> {
        self.write(locale_of(memoizer).formats()).into()
    }
}

/// The locale of a bundle, kept in its memoizer: all that Fluent hands to a formatter.
struct BundleLocale(Locale);

impl Memoizable for BundleLocale {
    type Args = ();
    type Error = ();

    fn construct(language: LanguageIdentifier, (): ()) -> Result<Self, ()> {
        Locale::intern(&language.to_string()).map(Self).map_err(|_| ())
    }
}

fn locale_of(memoizer: &IntlLangMemoizer) -> Locale {
    memoizer.with_try_get::<BundleLocale, _, _>((), |bundle| bundle.0).unwrap_or_default()
}

/// Writes the numbers of a message; a bundle's formatter. Everything else is left to Fluent.
pub(super) fn write_number(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    // `f64` is displayed without exponent and in the fewest digits that tell it from its neighbours.
    let fixed = FixedDecimal::try_from_str(&number.value.to_string()).ok()?;
    Some(locale_of(memoizer).formats().styled_number(fixed, &style_of(number)))
}

fn style_of(number: &FluentNumber) -> NumberStyle {
    let options = &number.options;
    let percent = if options.style == FluentNumberStyle::Percent { Percent::OfOne } else { Percent::No };
    let usual = if percent == Percent::OfOne { 0 } else { USUAL_DECIMALS };
    let minimum = options.minimum_fraction_digits.unwrap_or(0);
    let maximum = options.maximum_fraction_digits.unwrap_or(usual).max(minimum);
    NumberStyle {
        percent,
        grouping: if options.use_grouping { Grouping::Usual } else { Grouping::Never },
        minimum_integer_digits: digits(options.minimum_integer_digits.unwrap_or(1)),
        minimum_fraction_digits: digits(minimum),
        maximum_fraction_digits: digits(maximum),
    }
}

fn digits(count: usize) -> i16 {
    i16::try_from(count.min(MOST_DIGITS)).unwrap_or(0)
}

/// `NUMBER($n, style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2, minimumIntegerDigits: 2,
/// useGrouping: "false", type: "ordinal")`. Money and numbers of many digits pass through.
pub(super) fn number<'a>(positional: &[FluentValue<'a>], named: &FluentArgs<'_>) -> FluentValue<'a> {
    match positional.first() {
        Some(FluentValue::Number(number)) => {
            let mut number = number.clone();
            number.options.merge(named);
            let options = &mut number.options;
            for digits in
                [&mut options.minimum_integer_digits, &mut options.minimum_fraction_digits, &mut options.maximum_fraction_digits]
            {
                *digits = digits.map(|digits| digits.min(MOST_DIGITS));
            }
            FluentValue::Number(number)
        }
        Some(value) => match localized(value) {
            Some(Localized { value: Value::Number(_) | Value::Money(_), .. }) => value.clone(),
            _ => FluentValue::Error,
        },
        None => FluentValue::Error,
    }
}

/// `DATETIME($d, dateStyle: "short" | "medium" | "long" | "full", timeStyle: "short" | "medium")`. A date with time shows
/// what is named, or both.
pub(super) fn date_time<'a>(positional: &[FluentValue<'a>], named: &FluentArgs<'_>) -> FluentValue<'a> {
    let Some(known @ Localized { value: Value::Date(_) | Value::Time(_) | Value::DateTime(_), .. }) =
        positional.first().and_then(localized)
    else {
        return FluentValue::Error;
    };
    let date = match option(named, "dateStyle") {
        Some("short") => Some(DateStyle::Short),
        Some("medium") => Some(DateStyle::Medium),
        Some("long") => Some(DateStyle::Long),
        Some("full") => Some(DateStyle::Full),
        _ => known.date,
    };
    let time = match option(named, "timeStyle") {
        Some("short") => Some(TimeStyle::Short),
        Some("medium") => Some(TimeStyle::Medium),
        _ => known.time,
    };
    Localized { date, time, ..known.clone() }.into()
}

/// `LIST($items, type: "and" | "or")`.
pub(super) fn list<'a>(positional: &[FluentValue<'a>], named: &FluentArgs<'_>) -> FluentValue<'a> {
    let Some(known @ Localized { value: Value::List(_), .. }) = positional.first().and_then(localized) else {
        return FluentValue::Error;
    };
    let list = if option(named, "type") == Some("or") { ListKind::Or } else { ListKind::And };
    Localized { list, ..known.clone() }.into()
}

fn option<'n>(named: &'n FluentArgs<'_>, name: &str) -> Option<&'n str> {
    let value = named.iter().find_map(|(key, value)| (key == name).then_some(value))?;
    match value {
        FluentValue::String(text) => Some(text.as_ref()),
        _ => None,
    }
}

fn localized<'v>(value: &'v FluentValue<'_>) -> Option<&'v Localized> {
    match value {
        // Through the box to the value: the box itself is `Any` too.
        FluentValue::Custom(custom) => (**custom).as_any().downcast_ref(),
        _ => None,
    }
}
