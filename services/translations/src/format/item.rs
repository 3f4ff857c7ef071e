//! One value of a request: what it is, and how it is to be written.

use banyan_http::{Check, FieldError, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most members of a list, and characters of each.
const MOST_MEMBERS: usize = 100;
const LONGEST_MEMBER: usize = 500;
/// Characters of a value as text.
const LONGEST_VALUE: usize = 64;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Date,
    Time,
    DateTime,
    Number,
    Percent,
    Currency,
    Plural,
    List,
    Relative,
}

/// A text or a number.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Whole(i64),
    Real(f64),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
        }
    }
}

/// How it is written: which words fit depends on the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Style {
    Short,
    Medium,
    Long,
    Full,
    /// `1.2K`, `Rp 1,2 jt`.
    Compact,
    /// `1.2 thousand`.
    CompactLong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Type {
    /// Plural forms of a count.
    Cardinal,
    /// Of a rank: 1st, 2nd.
    Ordinal,
    /// Lists that end in “and”.
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Whether words such as “yesterday” stand for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Numeric {
    Auto,
    Always,
}

/// Whether a date with time names its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum ZoneName {
    Short,
}

#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FormatItem {
    pub(super) kind: Kind,
    pub(super) value: Option<Scalar>,
    /// Of a list.
    pub(super) values: Option<Vec<String>>,
    /// Of money: instead of `value`, which counts whole units.
    pub(super) minor_units: Option<i64>,
    /// ISO 4217.
    pub(super) currency: Option<String>,
    pub(super) style: Option<Style>,
    #[serde(rename = "type")]
    pub(super) type_: Option<Type>,
    pub(super) unit: Option<Unit>,
    pub(super) numeric: Option<Numeric>,
    pub(super) time_zone_name: Option<ZoneName>,
    #[schema(minimum = 0, maximum = 15)]
    pub(super) minimum_fraction_digits: Option<u8>,
    #[schema(minimum = 0, maximum = 15)]
    pub(super) maximum_fraction_digits: Option<u8>,
}

impl Validate for FormatItem {
    fn validate(&self, check: &mut Check) {
        self.check_what_belongs(check);
        self.check_style(check);
        if let Some(Scalar::Text(text)) = &self.value {
            check.line("value", text).length(1, LONGEST_VALUE);
        }
        if let Some(values) = &self.values {
            check.count("values", values, 1, MOST_MEMBERS);
            for (at, value) in values.iter().enumerate() {
                check.text(&format!("values[{at}]"), value).length(0, LONGEST_MEMBER);
            }
        }
        check.range("minimumFractionDigits", self.minimum_fraction_digits.map(i64::from), 0, 15);
        check.range("maximumFractionDigits", self.maximum_fraction_digits.map(i64::from), 0, 15);
        if let (Some(least), Some(most)) = (self.minimum_fraction_digits, self.maximum_fraction_digits)
            && least > most
        {
            check.error("maximumFractionDigits", FieldError::too_small(i64::from(least)));
        }
    }
}

impl FormatItem {
    /// Each kind has its fields, and no others.
    fn check_what_belongs(&self, check: &mut Check) {
        use Kind::{Currency, DateTime, List, Number, Percent, Plural, Relative};
        let kind = self.kind;
        let mut only_for = |given: bool, field: &str, kinds: &[Kind]| {
            check.that(!given || kinds.contains(&kind), field, FieldError::unknown());
        };
        only_for(self.values.is_some(), "values", &[List]);
        only_for(self.minor_units.is_some(), "minorUnits", &[Currency]);
        only_for(self.currency.is_some(), "currency", &[Currency]);
        only_for(self.type_.is_some(), "type", &[Plural, List]);
        only_for(self.unit.is_some(), "unit", &[Relative]);
        only_for(self.numeric.is_some(), "numeric", &[Relative]);
        only_for(self.time_zone_name.is_some(), "timeZoneName", &[DateTime]);
        only_for(self.minimum_fraction_digits.is_some(), "minimumFractionDigits", &[Number, Percent]);
        only_for(self.maximum_fraction_digits.is_some(), "maximumFractionDigits", &[Number, Percent]);
        only_for(self.value.is_some() && kind == List, "value", &[]);
        only_for(self.value.is_some() && self.minor_units.is_some(), "value", &[]);
        let mut required = |given: bool, field: &str| check.that(given, field, FieldError::required());
        match kind {
            List => required(self.values.is_some(), "values"),
            Currency => {
                required(self.value.is_some() || self.minor_units.is_some(), "value");
                required(self.currency.is_some(), "currency");
            }
            _ => required(self.value.is_some(), "value"),
        }
    }

    fn check_style(&self, check: &mut Check) {
        use Style::{Compact, CompactLong, Full, Long, Medium, Short};
        let allowed: &[(Style, &str)] = match self.kind {
            Kind::Date | Kind::DateTime => &[(Short, "short"), (Medium, "medium"), (Long, "long"), (Full, "full")],
            Kind::Time => &[(Short, "short"), (Medium, "medium")],
            Kind::Number => &[(Compact, "compact"), (CompactLong, "compactLong")],
            Kind::Currency => &[(Compact, "compact")],
            Kind::Percent | Kind::Plural | Kind::List | Kind::Relative => &[],
        };
        if let Some(style) = self.style
            && !allowed.iter().any(|(known, _)| *known == style)
        {
            let words: Vec<&str> = allowed.iter().map(|(_, word)| *word).collect();
            let error = if words.is_empty() { FieldError::unknown() } else { FieldError::not_one_of(&words) };
            check.error("style", error);
        }
        let types: &[&str] = match (self.kind, self.type_) {
            (Kind::Plural, Some(Type::And | Type::Or)) => &["cardinal", "ordinal"],
            (Kind::List, Some(Type::Cardinal | Type::Ordinal)) => &["and", "or"],
            _ => return,
        };
        check.error("type", FieldError::not_one_of(types));
    }
}
