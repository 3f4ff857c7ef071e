//! Numbers, per cent and plural forms.

use fixed_decimal::Decimal as FixedDecimal;
use icu_decimal::DecimalFormatter;
use icu_decimal::options::GroupingStrategy;
use icu_experimental::dimension::percent::formatter::PercentFormatter;
use icu_locale::Locale;
use icu_plurals::{PluralCategory, PluralRules};

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

    pub(crate) fn fixed(self) -> FixedDecimal {
        let mut fixed = FixedDecimal::from(self.units);
        fixed.multiply_pow10(-i16::from(self.scale));
        fixed.absolute.pad_end(-i16::from(self.scale));
        fixed
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
    /// Whole per cent.
    pub(crate) const PERCENT: Self = Self {
        percent: Percent::OfOne,
        grouping: Grouping::Usual,
        minimum_integer_digits: 1,
        minimum_fraction_digits: 0,
        maximum_fraction_digits: 0,
    };
}

#[derive(Debug)]
pub(super) struct Numbers {
    grouped: Option<DecimalFormatter>,
    ungrouped: Option<DecimalFormatter>,
    percent: Option<PercentFormatter<DecimalFormatter>>,
    cardinal: Option<PluralRules>,
    ordinal: Option<PluralRules>,
}

impl Numbers {
    pub(super) fn new(locale: &Locale) -> Self {
        Self {
            grouped: DecimalFormatter::try_new(locale.into(), GroupingStrategy::Auto.into()).ok(),
            ungrouped: DecimalFormatter::try_new(locale.into(), GroupingStrategy::Never.into()).ok(),
            percent: PercentFormatter::try_new(locale.into(), Default::default()).ok(),
            cardinal: PluralRules::try_new_cardinal(locale.into()).ok(),
            ordinal: PluralRules::try_new_ordinal(locale.into()).ok(),
        }
    }

    pub(super) fn decimal(&self, value: &FixedDecimal) -> String {
        written(self.grouped.as_ref(), value)
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
