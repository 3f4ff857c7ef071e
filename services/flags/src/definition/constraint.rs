//! Conditions on the context, with all operators of Unleash.

use banyan_http::{Check, FieldError, Validate};
use banyan_kernel::Network;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MOST_VALUES;
use super::check::{LONGEST_VALUE, context_name, is_quotable, value};

/// The longest regular expression, in bytes.
const LONGEST_PATTERN: usize = 500;
/// The largest compiled one, in bytes.
const LARGEST_PATTERN: usize = 256 * 1024;

/// A condition on one field of the context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagConstraint)]
pub struct Constraint {
    /// `userId`, `sessionId`, `remoteAddress`, `currentTime`, `appName`, `environment`, `role`, `tenant`, `locale`, or a name of one's own.
    #[schema(min_length = 1, max_length = 100, example = "locale")]
    pub context_name: String,
    pub operator: Operator,
    /// What is compared with, for operators that take several.
    #[serde(default)]
    #[schema(max_items = 10_000)]
    pub values: Vec<String>,
    /// What is compared with, for operators that take one.
    pub value: Option<String>,
    /// It holds where it would not.
    #[serde(default)]
    pub inverted: bool,
    /// For text.
    #[serde(default)]
    pub case_insensitive: bool,
}

/// How a field of the context is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = FlagOperator)]
pub enum Operator {
    In,
    NotIn,
    StrStartsWith,
    StrEndsWith,
    StrContains,
    NumEq,
    NumGt,
    NumGte,
    NumLt,
    NumLte,
    DateAfter,
    DateBefore,
    SemverEq,
    SemverGt,
    SemverGte,
    SemverLt,
    SemverLte,
    Regex,
    InCidr,
}

/// What an operator compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Texts,
    Networks,
    Number,
    Date,
    Version,
    Pattern,
}

impl Operator {
    pub const ALL: [Self; 19] = [
        Self::In,
        Self::NotIn,
        Self::StrStartsWith,
        Self::StrEndsWith,
        Self::StrContains,
        Self::NumEq,
        Self::NumGt,
        Self::NumGte,
        Self::NumLt,
        Self::NumLte,
        Self::DateAfter,
        Self::DateBefore,
        Self::SemverEq,
        Self::SemverGt,
        Self::SemverGte,
        Self::SemverLt,
        Self::SemverLte,
        Self::Regex,
        Self::InCidr,
    ];

    const fn takes(self) -> Takes {
        match self {
            Self::In | Self::NotIn | Self::StrStartsWith | Self::StrEndsWith | Self::StrContains => Takes::Texts,
            Self::InCidr => Takes::Networks,
            Self::NumEq | Self::NumGt | Self::NumGte | Self::NumLt | Self::NumLte => Takes::Number,
            Self::DateAfter | Self::DateBefore => Takes::Date,
            Self::SemverEq | Self::SemverGt | Self::SemverGte | Self::SemverLt | Self::SemverLte => Takes::Version,
            Self::Regex => Takes::Pattern,
        }
    }
}

impl Validate for Constraint {
    fn validate(&self, check: &mut Check) {
        context_name(check, "contextName", &self.context_name);
        match self.operator.takes() {
            Takes::Texts => self.several(check, value),
            Takes::Networks => self.several(check, |check, field, text| {
                let error = FieldError::new("invalid-network", "flags-field-network");
                check.that(text.parse::<Network>().is_ok(), field, error);
            }),
            Takes::Number => self.one(check, is_number, FieldError::new("invalid-number", "flags-field-number")),
            Takes::Date => self.one(check, is_date, FieldError::timestamp()),
            Takes::Version => self.one(check, is_version, FieldError::new("invalid-version", "flags-field-version")),
            Takes::Pattern => self.one(check, is_pattern, FieldError::new("invalid-regex", "flags-field-regex")),
        }
    }
}

impl Constraint {
    fn several(&self, check: &mut Check, one: impl Fn(&mut Check, &str, &str)) {
        check.count("values", &self.values, 1, MOST_VALUES);
        for (place, text) in self.values.iter().enumerate().take(MOST_VALUES) {
            one(check, &format!("values[{place}]"), text);
        }
    }

    fn one(&self, check: &mut Check, holds: impl Fn(&str) -> bool, error: FieldError) {
        match &self.value {
            None => check.error("value", FieldError::required()),
            Some(text) if text.len() > LONGEST_VALUE => check.error("value", FieldError::too_long(LONGEST_VALUE)),
            Some(text) => check.that(holds(text), "value", error),
        }
    }
}

/// As the engine reads numbers: digits, with a fraction and an exponent.
fn is_number(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain
        && text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+')
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// RFC 3339, with seconds, milliseconds at most, and an offset.
fn is_date(text: &str) -> bool {
    let fraction = text.split_once('.').map(|(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    text.len() >= 20
        && text.as_bytes().get(10) == Some(&b'T')
        && fraction.is_none_or(|digits| digits == 3)
        && text.parse::<jiff::Timestamp>().is_ok()
}

/// Semantic Versioning 2.0: `1.2.3-beta.1`.
fn is_version(text: &str) -> bool {
    semver::Version::parse(text).is_ok()
}

fn is_pattern(text: &str) -> bool {
    let compiles = || regex::RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build().is_ok();
    !text.is_empty() && text.len() <= LONGEST_PATTERN && is_quotable(text) && !text.contains('"') && compiles()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(operator: Operator, value: Option<&str>, values: &[&str]) -> Vec<String> {
        let constraint = Constraint {
            context_name: "userId".to_owned(),
            operator,
            values: values.iter().map(|text| (*text).to_owned()).collect(),
            value: value.map(str::to_owned),
            inverted: false,
            case_insensitive: false,
        };
        Check::of(&constraint).into_errors().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn each_operator_has_its_values() {
        let good: [(Operator, Option<&str>, &[&str]); 8] = [
            (Operator::In, None, &["a", "b \"quoted\"", "é"]),
            (Operator::StrContains, None, &[""]),
            (Operator::InCidr, None, &["10.0.0.0/8", "::1"]),
            (Operator::NumGte, Some("-4.5e3"), &[]),
            (Operator::DateAfter, Some("2024-01-15T10:30:00.000Z"), &[]),
            (Operator::DateBefore, Some("2024-01-15T10:30:00+07:00"), &[]),
            (Operator::SemverLt, Some("1.2.3-beta.1+5"), &[]),
            (Operator::Regex, Some("^user-[0-9]+$"), &[]),
        ];
        for (operator, value, values) in good {
            assert_eq!(wrong(operator, value, values), Vec::<String>::new(), "{operator:?}");
        }
        let bad: [(Operator, Option<&str>, &[&str], &str); 14] = [
            (Operator::In, Some("a"), &[], "values"),
            (Operator::In, None, &["a", "ends\\"], "values[1]"),
            (Operator::In, None, &["\u{1}"], "values[0]"),
            (Operator::InCidr, None, &["10.0.0.0/33"], "values[0]"),
            (Operator::NumEq, None, &["1"], "value"),
            (Operator::NumEq, Some("NaN"), &[], "value"),
            (Operator::NumEq, Some("1 or true"), &[], "value"),
            (Operator::NumEq, Some("1e999"), &[], "value"),
            (Operator::DateAfter, Some("2024-01-15"), &[], "value"),
            (Operator::DateAfter, Some("2024-13-15T10:30:00Z"), &[], "value"),
            (Operator::SemverEq, Some("1.2"), &[], "value"),
            (Operator::Regex, Some("(unclosed"), &[], "value"),
            (Operator::Regex, Some("((((a{99}){99}){99}){99})"), &[], "value"),
            (Operator::Regex, Some("a\" or true or \""), &[], "value"),
        ];
        for (operator, value, values, field) in bad {
            assert_eq!(wrong(operator, value, values), [field], "{operator:?} {value:?} {values:?}");
        }
    }

    #[test]
    fn a_context_field_cannot_leave_its_quotes() {
        let text = |name: &str| Constraint { context_name: name.to_owned(), ..text_constraint() };
        for bad in ["", "a\"]", "a\\", "a[b", "\n"] {
            assert_eq!(Check::of(&text(bad)).into_errors().len(), 1, "{bad:?}");
        }
        assert!(Check::of(&text("plan/tier 2")).into_errors().is_empty());
    }

    fn text_constraint() -> Constraint {
        Constraint {
            context_name: String::new(),
            operator: Operator::In,
            values: vec!["a".to_owned()],
            value: None,
            inverted: false,
            case_insensitive: false,
        }
    }

    #[test]
    fn operators_have_the_names_of_unleash() {
        let names: Vec<String> =
            Operator::ALL.iter().map(|one| serde_json::to_value(one).unwrap().as_str().unwrap().to_owned()).collect();
        for name in ["NOT_IN", "STR_ENDS_WITH", "NUM_GTE", "DATE_BEFORE", "SEMVER_LTE", "REGEX", "IN_CIDR"] {
            assert!(names.iter().any(|one| one == name), "{name}: {names:?}");
        }
    }
}
