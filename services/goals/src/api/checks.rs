//! Checks that several calls share.

use banyan_http::{Check, FieldError};

use crate::habit::parse_date;

/// Beyond these, doubles lose whole units and figures lose their meaning.
pub(super) const GREATEST_VALUE: f64 = 1e12;
/// The smallest target: a thousandth of a unit.
pub(super) const SMALLEST_TARGET: f64 = 0.001;
/// The first day that is kept.
const FIRST_DAY: &str = "1970-01-01";

/// A calendar date, `YYYY-MM-DD`, not before 1970. `None` is not looked at.
pub(super) fn date(check: &mut Check, field: &str, value: Option<&str>) {
    let Some(text) = value else { return };
    if parse_date(text).is_none() {
        check.error(field, FieldError::date());
    } else if text < FIRST_DAY {
        check.error(field, FieldError::new("too-early", "goals-field-too-early"));
    }
}

/// Two ends of a stretch of days, both included; either may be left out.
pub(super) fn stretch(check: &mut Check, from: Option<&str>, to: Option<&str>) {
    date(check, "from", from);
    date(check, "to", to);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        check.error("to", FieldError::new("order-of-dates", "goals-field-order-of-dates"));
    }
}
