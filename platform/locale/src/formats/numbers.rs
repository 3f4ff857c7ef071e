//! Numbers, per cent and plural forms.

use fixed_decimal::Decimal as FixedDecimal;
use icu_decimal::options::GroupingStrategy;
use icu_decimal::{CompactDecimalFormatter, DecimalFormatter};
use icu_experimental::dimension::percent::formatter::PercentFormatter;
use icu_locale::Locale;
use icu_plurals::{PluralCategory, PluralRules};

/// The most decimals that somebody may ask for.
const MOST_DECIMALS: u8 = 15;

/// An exact decimal number: `units` × 10^−`scale`. 1,234.50 is `Decimal::new(123_450, 2)`; the scale is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i64,
    scale: u8,
}

impl Decimal {
    pub const fn new(units: i64, scale: u8) -> Self {
        Self { units, scale }
    }

    pub const fn units(self) -> i64 {
        self.units
    }

    /// Digits after the decimal mark.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The units at another scale, where nothing is lost by that: 12.5 has 1250 at scale 2, and none at scale 0.
    pub fn to_scale(self, scale: u8) -> Option<i64> {
        if scale >= self.scale {
            return 10_i64.checked_pow(u32::from(scale - self.scale))?.checked_mul(self.units);
        }
        let divisor = 10_i64.checked_pow(u32::from(self.scale - scale))?;
        (self.units % divisor == 0).then_some(self.units / divisor)
    }

    pub(crate) fn fixed(self) -> FixedDecimal {
        let mut fixed = FixedDecimal::from(self.units);
        fixed.multiply_pow10(-i16::from(self.scale));
        fixed.absolute.pad_end(-i16::from(self.scale));
        fixed
    }
}

/// A text is not a decimal number of at most 18 digits, such as `-1234.56`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most {MOST_DIGITS} digits, such as -1234.56")]
pub struct InvalidDecimal;

/// Digits that always fit 64 bits.
const MOST_DIGITS: usize = 18;

impl std::str::FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, decimals) = match digits.split_once('.') {
            Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
            Some(_) => return Err(InvalidDecimal),
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() + decimals.len() > MOST_DIGITS || !all_digits(whole) || !all_digits(decimals) {
            return Err(InvalidDecimal);
        }
        let units: i64 = format!("{whole}{decimals}").parse().map_err(|_| InvalidDecimal)?;
        let scale = u8::try_from(decimals.len()).map_err(|_| InvalidDecimal)?;
        Ok(Self::new(if negative { -units } else { units }, scale))
    }
}

impl From<i64> for Decimal {
    fn from(units: i64) -> Self {
        Self::new(units, 0)
    }
}

/// How a number in a message is written: the options of Fluent's `NUMBER`, which are those of ECMA-402.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    pub(crate) percent: Percent,
    pub(crate) grouping: Grouping,
    pub(crate) minimum_integer_digits: i16,
    pub(crate) minimum_fraction_digits: i16,
    pub(crate) maximum_fraction_digits: i16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Percent {
    /// The number as it is.
    No,
    /// A ratio: 0.5 is 50 %.
    OfOne,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Thousands are set apart where the locale does so.
    Usual,
    Never,
}

impl NumberStyle {
    /// Per cent with a number of decimals.
    pub(super) fn with(decimals: std::ops::RangeInclusive<u8>) -> Self {
        let (least, most) = decimals.into_inner();
        let most = i16::from(most.min(MOST_DECIMALS));
        let minimum_fraction_digits = i16::from(least).min(most);
        Self { minimum_fraction_digits, maximum_fraction_digits: most, ..Self::PERCENT }
    }

    /// Whole per cent.
    pub(crate) const PERCENT: Self = Self {
        percent: Percent::OfOne,
        grouping: Grouping::Usual,
        minimum_integer_digits: 1,
        minimum_fraction_digits: 0,
        maximum_fraction_digits: 0,
    };
}

/// How a number is written when there is little room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompactStyle {
    /// `1.2K`, `1,2 rb`.
    #[default]
    Letters,
    /// `1.2 thousand`, `1,2 ribu`.
    Words,
}

/// The signs of per cent (CLDR) for digits with which ICU4X 2.4 would write the Latin sign: zero and sign. Both stand behind the number.
const OWN_PERCENT: [(&str, &str); 2] = [("٠", "٪\u{61c}"), ("۰", "٪")];

#[derive(Debug)]
pub(super) struct Numbers {
    grouped: Option<DecimalFormatter>,
    ungrouped: Option<DecimalFormatter>,
    compact: Option<CompactDecimalFormatter>,
    compact_words: Option<CompactDecimalFormatter>,
    percent: Option<PercentFormatter<DecimalFormatter>>,
    own_percent: Option<&'static str>,
    cardinal: Option<PluralRules>,
    ordinal: Option<PluralRules>,
}

impl Numbers {
    pub(super) fn new(locale: &Locale) -> Self {
        let grouped = DecimalFormatter::try_new(locale.into(), GroupingStrategy::Auto.into()).ok();
        let zero = written(grouped.as_ref(), &FixedDecimal::from(0));
        Self {
            own_percent: OWN_PERCENT.iter().find(|(digit, _)| *digit == zero).map(|(_, sign)| *sign),
            grouped,
            ungrouped: DecimalFormatter::try_new(locale.into(), GroupingStrategy::Never.into()).ok(),
            compact: CompactDecimalFormatter::try_new_short(locale.into(), Default::default()).ok(),
            compact_words: CompactDecimalFormatter::try_new_long(locale.into(), Default::default()).ok(),
            percent: PercentFormatter::try_new(locale.into(), Default::default()).ok(),
            cardinal: PluralRules::try_new_cardinal(locale.into()).ok(),
            ordinal: PluralRules::try_new_ordinal(locale.into()).ok(),
        }
    }

    pub(super) fn decimal(&self, value: &FixedDecimal) -> String {
        written(self.grouped.as_ref(), value)
    }

    pub(super) fn compact(&self, value: &FixedDecimal, style: CompactStyle) -> String {
        let formatter = match style {
            CompactStyle::Letters => &self.compact,
            CompactStyle::Words => &self.compact_words,
        };
        formatter.as_ref().map_or_else(|| value.to_string(), |formatter| formatter.format(value).to_string())
    }

    pub(super) fn styled(&self, mut value: FixedDecimal, style: &NumberStyle) -> String {
        if style.percent == Percent::OfOne {
            value.multiply_pow10(2);
        }
        value.round_with_mode(
            -style.maximum_fraction_digits,
            fixed_decimal::SignedRoundingMode::Unsigned(fixed_decimal::UnsignedRoundingMode::HalfEven),
        );
        value.absolute.trim_end();
        value.absolute.pad_end(-style.minimum_fraction_digits);
        value.absolute.pad_start(style.minimum_integer_digits);
        if style.percent == Percent::OfOne
            && let Some(sign) = self.own_percent
        {
            return self.decimal(&value) + sign;
        }
        match (style.percent, style.grouping, &self.percent) {
            (Percent::OfOne, _, Some(percent)) => percent.format(&value).to_string(),
            (_, Grouping::Never, _) => written(self.ungrouped.as_ref(), &value),
            _ => self.decimal(&value),
        }
    }

    pub(super) fn cardinal(&self, value: &FixedDecimal) -> PluralCategory {
        self.cardinal.as_ref().map_or(PluralCategory::Other, |rules| rules.category_for(value))
    }

    pub(super) fn ordinal(&self, rank: u32) -> PluralCategory {
        self.ordinal.as_ref().map_or(PluralCategory::Other, |rules| rules.category_for(rank))
    }
}

fn written(formatter: Option<&DecimalFormatter>, value: &FixedDecimal) -> String {
    formatter.map_or_else(|| value.to_string(), |formatter| formatter.format(value).to_string())
}
