//! Amounts of money.

use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use fixed_decimal::Decimal as FixedDecimal;
use icu_decimal::{AbstractFormatter, CompactDecimalFormatter, DecimalFormatter};
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_locale::Locale;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// ISO 4217 lists some 180 currencies; codes beyond that many are formatted without being remembered.
const MOST_CURRENCIES: usize = 200;

/// Digits of the minor unit by ISO 4217: 2 for most (also for IDR), 0 for JPY, 3 for KWD.
/// It says what the integer in [`Money`] counts, not what is shown.
pub fn minor_digits(currency: Currency) -> u8 {
    match currency.code() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND" | "VUV" | "XAF"
        | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// One for each currency, made when it is first needed.
type Remembered<V> = RwLock<HashMap<Currency, Arc<CurrencyFormatter<V>>>>;

#[derive(Debug)]
pub(super) struct Amounts {
    locale: Locale,
    whole: Remembered<DecimalFormatter>,
    compact: Remembered<CompactDecimalFormatter>,
}

impl Amounts {
    pub(super) fn new(locale: Locale) -> Self {
        Self { locale, whole: RwLock::default(), compact: RwLock::default() }
    }

    pub(super) fn write(&self, amount: Money) -> String {
        let value = value_of(amount);
        let made = || {
            let code = amount.currency.code().parse().ok()?;
            CurrencyFormatter::try_new_symbol((&self.locale).into(), code, Default::default()).ok()
        };
        match remembered(&self.whole, amount.currency, made) {
            Some(formatter) => formatter.format_fixed_decimal(&value).to_string(),
            None => format!("{}\u{a0}{value}", amount.currency.code()),
        }
    }

    pub(super) fn write_compact(&self, amount: Money) -> String {
        let value = value_of(amount);
        let made = || {
            let code = amount.currency.code().parse().ok()?;
            CurrencyFormatter::try_new_compact_symbol((&self.locale).into(), code, Default::default()).ok()
        };
        match remembered(&self.compact, amount.currency, made) {
            Some(formatter) => formatter.format_fixed_decimal(&value).to_string(),
            None => format!("{}\u{a0}{value}", amount.currency.code()),
        }
    }
}

fn value_of(amount: Money) -> FixedDecimal {
    let mut value = FixedDecimal::from(amount.minor_units);
    value.multiply_pow10(-i16::from(minor_digits(amount.currency)));
    value
}

fn remembered<V: AbstractFormatter>(
    known: &Remembered<V>,
    currency: Currency,
    make: impl FnOnce() -> Option<CurrencyFormatter<V>>,
) -> Option<Arc<CurrencyFormatter<V>>> {
    let found = known.read().unwrap_or_else(PoisonError::into_inner).get(&currency).cloned();
    if found.is_some() {
        return found;
    }
    let made = Arc::new(make()?);
    let mut formatters = known.write().unwrap_or_else(PoisonError::into_inner);
    if formatters.len() < MOST_CURRENCIES {
        formatters.insert(currency, Arc::clone(&made));
    }
    Some(made)
}
