//! What is wrong with one field, as a stable code and a localized message.

use std::borrow::Cow;

/// A value inside a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Text(Cow<'static, str>),
    Integer(i64),
    Real(f64),
    /// Words to choose from.
    List(Vec<String>),
}

impl From<&'static str> for Argument {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

/// The kinds of JSON values that a field may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Text,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
    Null,
}

impl Expected {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }
}

/// What is wrong with one field: `code` for programs, and the message of the catalogues for people.
///
/// A message never repeats what was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    code: &'static str,
    message: &'static str,
    arguments: Vec<(&'static str, Argument)>,
}

impl FieldError {
    /// An error of a service's own: a kebab-case `code`, and the id of a message in its catalogues.
    pub const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, arguments: Vec::new() }
    }

    /// An argument of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn message(&self) -> &'static str {
        self.message
    }

    pub fn arguments(&self) -> &[(&'static str, Argument)] {
        &self.arguments
    }

    /// What it says to a person: for an answer that is no problem as a whole.
    pub fn text(&self, messages: banyan_locale::Messages<'_>) -> String {
        super::text::format(messages, self.message, &self.arguments)
    }

    /// It has to be given.
    pub const fn required() -> Self {
        Self::new("required", "field-required")
    }

    /// There is no such field.
    pub const fn unknown() -> Self {
        Self::new("unknown", "field-unknown")
    }

    /// It was given more than once.
    pub const fn duplicate() -> Self {
        Self::new("duplicate", "field-duplicate")
    }

    /// Another kind of value is wanted.
    pub fn wrong_type(expected: Expected) -> Self {
        Self::new("wrong-type", "field-wrong-type").with("expected", expected.word())
    }

    /// It cannot be understood, and nothing more precise is known.
    pub const fn invalid() -> Self {
        Self::new("invalid", "field-invalid")
    }

    /// Text with fewer than `minimum` characters.
    pub fn too_short(minimum: usize) -> Self {
        Self::new("too-short", "field-too-short").with("min", minimum)
    }

    /// Text with more than `maximum` characters.
    pub fn too_long(maximum: usize) -> Self {
        Self::new("too-long", "field-too-long").with("max", maximum)
    }

    /// Text of white space alone.
    pub const fn blank() -> Self {
        Self::new("blank", "field-blank")
    }

    /// Text with control characters (U+0000 and the like), which no store can keep faithfully.
    pub const fn control_characters() -> Self {
        Self::new("control-characters", "field-control-characters")
    }

    pub fn too_small(minimum: impl Into<Argument>) -> Self {
        Self::new("too-small", "field-too-small").with("min", minimum)
    }

    pub fn too_large(maximum: impl Into<Argument>) -> Self {
        Self::new("too-large", "field-too-large").with("max", maximum)
    }

    /// A number outside of `minimum..=maximum`.
    pub fn out_of_range(minimum: impl Into<Argument>, maximum: impl Into<Argument>) -> Self {
        Self::new("out-of-range", "field-out-of-range").with("min", minimum).with("max", maximum)
    }

    /// A list with fewer than `minimum` members.
    pub fn too_few(minimum: usize) -> Self {
        Self::new("too-few", "field-too-few").with("min", minimum)
    }

    /// A list with more than `maximum` members.
    pub fn too_many(maximum: usize) -> Self {
        Self::new("too-many", "field-too-many").with("max", maximum)
    }

    /// One of a few words is wanted.
    pub fn not_one_of<T: AsRef<str>>(allowed: &[T]) -> Self {
        let list = allowed.iter().map(|word| word.as_ref().to_owned()).collect();
        Self::new("not-one-of", "field-not-one-of").with("allowed", Argument::List(list))
    }

    /// The value is in use already.
    pub const fn taken() -> Self {
        Self::new("taken", "field-not-unique")
    }

    pub const fn email() -> Self {
        Self::new("invalid-email", "field-invalid-email")
    }

    pub const fn uuid() -> Self {
        Self::new("invalid-uuid", "field-invalid-uuid")
    }

    /// A calendar date is wanted: `2024-01-15`.
    pub const fn date() -> Self {
        Self::new("invalid-date", "field-invalid-date")
    }

    /// A time of the day is wanted: `07:30`.
    pub const fn time() -> Self {
        Self::new("invalid-time", "field-invalid-time")
    }

    /// A moment is wanted: RFC 3339, `2024-01-15T10:30:00Z`.
    pub const fn timestamp() -> Self {
        Self::new("invalid-timestamp", "field-invalid-timestamp")
    }

    /// A name of the IANA time zone database is wanted: `Asia/Jakarta`.
    pub const fn time_zone() -> Self {
        Self::new("invalid-time-zone", "field-invalid-time-zone")
    }

    /// A supported locale is wanted: `id-ID`.
    pub const fn locale() -> Self {
        Self::new("invalid-locale", "field-invalid-locale")
    }

    /// An absolute `https` or `http` address is wanted.
    pub const fn url() -> Self {
        Self::new("invalid-url", "field-invalid-url")
    }

    /// Another form is wanted, which the documentation of the field describes.
    pub const fn pattern() -> Self {
        Self::new("invalid-pattern", "field-invalid-pattern")
    }
}
