//! Amounts of money.

use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use fixed_decimal::Decimal as FixedDecimal;
use icu_decimal::DecimalFormatter;
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

type Formatter = CurrencyFormatter<DecimalFormatter>;

/// A formatter per currency, made when it is first needed.
#[derive(Debug)]
pub(super) struct Amounts {
    locale: Locale,
    formatters: RwLock<HashMap<Currency, Arc<Formatter>>>,
}

impl Amounts {
    pub(super) fn new(locale: Locale) -> Self {
        Self { locale, formatters: RwLock::default() }
    }

    pub(super) fn write(&self, amount: Money) -> String {
        let mut value = FixedDecimal::from(amount.minor_units);
        value.multiply_pow10(-i16::from(minor_digits(amount.currency)));
        match self.formatter(amount.currency) {
            Some(formatter) => formatter.format_fixed_decimal(&value).to_string(),
            None => format!("{}\u{a0}{value}", amount.currency.code()),
        }
    }

    fn formatter(&self, currency: Currency) -> Option<Arc<Formatter>> {
        let known = self.formatters.read().unwrap_or_else(PoisonError::into_inner).get(&currency).cloned();
        if known.is_some() {
            return known;
        }
        let code = currency.code().parse().ok()?;
        let made = Arc::new(Formatter::try_new_symbol((&self.locale).into(), code, Default::default()).ok()?);
        let mut formatters = self.formatters.write().unwrap_or_else(PoisonError::into_inner);
        if formatters.len() < MOST_CURRENCIES {
            formatters.insert(currency, Arc::clone(&made));
        }
        Some(made)
    }
}
