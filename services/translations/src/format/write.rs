//! Writes one checked value.

use banyan_http::FieldError;
use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use banyan_locale::formats::minor_digits;
use banyan_locale::{
    CompactStyle, DateStyle, Decimal, Formats, ListKind, PluralCategory, RelativeUnit, RelativeWords, TimeStyle,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::item::{FormatItem, Kind, Numeric, Scalar, Style, Type, Unit};

/// Ranks beyond it have no form of their own in any language.
const HIGHEST_RANK: i64 = u32::MAX as i64;
/// Decimals of a number and of per cent where the request does not say (ECMA-402).
const USUAL_DECIMALS: u8 = 3;

/// What is the same for all values of a request.
pub(super) struct Surroundings {
    pub(super) formats: &'static Formats,
    pub(super) zone: TimeZone,
    pub(super) now: Zoned,
}

type Wrong = (&'static str, FieldError);

/// # Errors
/// The field that cannot be understood.
pub(super) fn write(item: &FormatItem, around: &Surroundings) -> Result<String, Wrong> {
    let formats = around.formats;
    match item.kind {
        Kind::Date => Ok(formats.date(date(&value(item), &around.zone)?, date_style(item.style))),
        Kind::Time => Ok(formats.time(time(&value(item), &around.zone)?, time_style(item.style))),
        Kind::DateTime => date_time(item, around),
        Kind::Number => number(item, formats),
        Kind::Percent => percent(item, formats),
        Kind::Currency => currency(item, formats),
        Kind::Plural => plural(item, formats),
        Kind::List => {
            let kind = if item.type_ == Some(Type::Or) { ListKind::Or } else { ListKind::And };
            Ok(formats.list(item.values.as_deref().unwrap_or_default(), kind))
        }
        Kind::Relative => relative(item, around),
    }
}

fn value(item: &FormatItem) -> String {
    item.value.as_ref().map(Scalar::text).unwrap_or_default()
}

/// A moment with its offset, as it is in the reader's zone.
fn moment(text: &str, zone: &TimeZone) -> Option<Zoned> {
    text.parse::<Timestamp>().ok().map(|moment| moment.to_zoned(zone.clone()))
}

fn date(text: &str, zone: &TimeZone) -> Result<Date, Wrong> {
    let strict = text.len() == "2024-01-15".len();
    let civil = || text.parse::<Date>().ok().filter(|_| strict);
    moment(text, zone).map(|moment| moment.date()).or_else(civil).ok_or(("value", FieldError::date()))
}

fn time(text: &str, zone: &TimeZone) -> Result<Time, Wrong> {
    let civil = || text.parse::<Time>().ok();
    moment(text, zone).map(|moment| moment.time()).or_else(civil).ok_or(("value", FieldError::time()))
}

fn date_time(item: &FormatItem, around: &Surroundings) -> Result<String, Wrong> {
    let text = value(item);
    let style = date_style(item.style);
    if let Some(moment) = moment(&text, &around.zone) {
        return Ok(match item.time_zone_name {
            Some(_) => around.formats.zoned_with_zone(&moment, style),
            None => around.formats.zoned(&moment, style),
        });
    }
    let civil = text.parse::<DateTime>().map_err(|_| ("value", FieldError::timestamp()))?;
    match item.time_zone_name {
        None => Ok(around.formats.date_time(civil, style)),
        Some(_) => {
            let moment = civil.to_zoned(around.zone.clone()).map_err(|_| ("value", FieldError::timestamp()))?;
            Ok(around.formats.zoned_with_zone(&moment, style))
        }
    }
}

fn decimal(item: &FormatItem) -> Result<Decimal, Wrong> {
    value(item).parse().map_err(|_| ("value", FieldError::new("invalid-number", "locale-field-number")))
}

fn number(item: &FormatItem, formats: &Formats) -> Result<String, Wrong> {
    let value = decimal(item)?;
    Ok(match item.style {
        Some(Style::Compact) => formats.compact(value, CompactStyle::Letters),
        Some(Style::CompactLong) => formats.compact(value, CompactStyle::Words),
        _ => {
            let least = item.minimum_fraction_digits.unwrap_or(0);
            formats.number(value, least..=item.maximum_fraction_digits.unwrap_or(USUAL_DECIMALS.max(least)))
        }
    })
}

fn percent(item: &FormatItem, formats: &Formats) -> Result<String, Wrong> {
    let least = item.minimum_fraction_digits.unwrap_or(0);
    Ok(formats.percent_with(decimal(item)?, least..=item.maximum_fraction_digits.unwrap_or(least)))
}

fn currency(item: &FormatItem, formats: &Formats) -> Result<String, Wrong> {
    let code = item.currency.clone().unwrap_or_default();
    let currency =
        Currency::try_from(code).map_err(|_| ("currency", FieldError::new("invalid-currency", "field-invalid-currency")))?;
    let minor_units = match item.minor_units {
        Some(units) => units,
        None => minor_units(decimal(item)?, currency)?,
    };
    let amount = Money { minor_units, currency };
    Ok(if item.style == Some(Style::Compact) { formats.money_compact(amount) } else { formats.money(amount) })
}

/// Exactly: an amount of half a cent is a mistake, not something to round.
fn minor_units(value: Decimal, currency: Currency) -> Result<i64, Wrong> {
    let digits = minor_digits(currency);
    value
        .to_scale(digits)
        .ok_or_else(|| ("value", FieldError::new("too-many-decimals", "locale-field-amount").with("max", i64::from(digits))))
}

fn plural(item: &FormatItem, formats: &Formats) -> Result<String, Wrong> {
    let category = match item.type_ {
        Some(Type::Ordinal) => {
            let rank = decimal(item)?.to_scale(0).filter(|rank| (0..=HIGHEST_RANK).contains(rank));
            let rank = rank.and_then(|rank| u32::try_from(rank).ok());
            formats.ordinal(rank.ok_or(("value", FieldError::out_of_range(0_i64, HIGHEST_RANK)))?)
        }
        _ => formats.plural(decimal(item)?),
    };
    let word = match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    };
    Ok(word.to_owned())
}

/// With a unit a count, without one a moment.
fn relative(item: &FormatItem, around: &Surroundings) -> Result<String, Wrong> {
    let Some(unit) = item.unit else {
        let then = moment(&value(item), &around.zone).ok_or(("value", FieldError::timestamp()))?;
        return Ok(around.formats.relative_to(&then, &around.now));
    };
    let amount = decimal(item)?.to_scale(0).ok_or(("value", FieldError::new("invalid-number", "locale-field-whole")))?;
    let unit = match unit {
        Unit::Second => RelativeUnit::Second,
        Unit::Minute => RelativeUnit::Minute,
        Unit::Hour => RelativeUnit::Hour,
        Unit::Day => RelativeUnit::Day,
        Unit::Week => RelativeUnit::Week,
        Unit::Month => RelativeUnit::Month,
        Unit::Quarter => RelativeUnit::Quarter,
        Unit::Year => RelativeUnit::Year,
    };
    let words = if item.numeric == Some(Numeric::Always) { RelativeWords::Never } else { RelativeWords::Usual };
    Ok(around.formats.relative_with(amount, unit, words))
}

fn date_style(style: Option<Style>) -> DateStyle {
    match style {
        Some(Style::Medium) => DateStyle::Medium,
        Some(Style::Long) => DateStyle::Long,
        Some(Style::Full) => DateStyle::Full,
        _ => DateStyle::Short,
    }
}

fn time_style(style: Option<Style>) -> TimeStyle {
    if style == Some(Style::Medium) { TimeStyle::Medium } else { TimeStyle::Short }
}
