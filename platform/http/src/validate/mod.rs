//! Checks of what was sent: every bad field is named, in one answer.

mod text;

use std::fmt::Display;

use banyan_kernel::Secret;

use crate::problem::Argument;
use crate::{FieldError, Problem};

pub use text::TextCheck;

/// What a type requires of its values beyond their shape.
///
/// ```
/// # use banyan_http::{Check, Validate};
/// struct NewGoal { title: String, priority: Option<i64> }
///
/// impl Validate for NewGoal {
///     fn validate(&self, check: &mut Check) {
///         check.line("title", &self.title).not_blank().length(1, 200);
///         check.range("priority", self.priority, 1, 5);
///     }
/// }
/// ```
pub trait Validate {
    /// The default finds nothing wrong.
    fn validate(&self, check: &mut Check) {
        let _ = check;
    }
}

/// Whoever makes more mistakes at once is not helped by a longer list, and must not make us write one.
const MOST_ERRORS: usize = 100;

/// Collects what is wrong. Each field is named once, with the first thing that is wrong with it; the first 100 fields are named.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<(String, FieldError)>,
    /// `address.` or `items[0].`: what stands before the names that are checked now.
    prefix: String,
}

impl Check {
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that is wrong with the value.
    pub fn of<T: Validate + ?Sized>(value: &T) -> Self {
        let mut check = Self::new();
        value.validate(&mut check);
        check
    }

    /// Text of one or more lines. Control characters other than line breaks and tabs are refused; U+0000 cannot be stored.
    /// Text that was left out (`None`) is not looked at.
    pub fn text<'c, T: AsText + ?Sized>(&'c mut self, field: &'c str, value: &'c T) -> TextCheck<'c> {
        TextCheck::begin(self, field, value.as_text(), text::Lines::Many)
    }

    /// Text of one line: no control characters at all.
    pub fn line<'c, T: AsText + ?Sized>(&'c mut self, field: &'c str, value: &'c T) -> TextCheck<'c> {
        TextCheck::begin(self, field, value.as_text(), text::Lines::One)
    }

    /// A number from `minimum` to `maximum`, both allowed; `None` is not looked at.
    pub fn range<N>(&mut self, field: &str, value: impl Into<Option<N>>, minimum: N, maximum: N)
    where
        N: PartialOrd + Into<Argument>,
    {
        let Some(value) = value.into() else { return };
        // Written so that NaN is outside.
        let inside = value >= minimum && value <= maximum;
        if !inside {
            self.error(field, FieldError::out_of_range(minimum, maximum));
        }
    }

    /// How many members a list may have.
    pub fn count<T>(&mut self, field: &str, items: &[T], minimum: usize, maximum: usize) {
        if items.len() < minimum {
            self.error(field, FieldError::too_few(minimum));
        } else if items.len() > maximum {
            self.error(field, FieldError::too_many(maximum));
        }
    }

    /// One of a few words.
    pub fn one_of<T: AsText + ?Sized>(&mut self, field: &str, value: &T, allowed: &[&str]) {
        let known = value.as_text().is_none_or(|text| allowed.contains(&text));
        if !known {
            self.error(field, FieldError::not_one_of(allowed));
        }
    }

    /// Names a bad field, unless it was named before.
    pub fn error(&mut self, field: impl Display, error: FieldError) {
        if self.is_full() {
            return;
        }
        let mut field = format!("{}{field}", self.prefix);
        if field.is_empty() {
            // The body as a whole.
            field.push_str("body");
        }
        if !self.errors.iter().any(|(known, _)| *known == field) {
            self.errors.push((field, error));
        }
    }

    /// Names the field if the condition does not hold.
    pub fn that(&mut self, holds: impl Into<Holds>, field: &str, error: FieldError) {
        if holds.into() == Holds::No {
            self.error(field, error);
        }
    }

    /// Checks an object inside: its fields are named `field.…`. `None` is not looked at.
    pub fn nested<'v, T: Validate + 'v>(&mut self, field: &str, value: impl Into<Option<&'v T>>) {
        if let Some(value) = value.into() {
            self.within(format_args!("{field}."), |check| value.validate(check));
        }
    }

    /// Checks each member of a list: their fields are named `field[0].…`.
    pub fn each<'v, T: 'v>(
        &mut self,
        field: &str,
        items: impl IntoIterator<Item = &'v T>,
        mut one: impl FnMut(&mut Self, &'v T),
    ) {
        for (position, item) in items.into_iter().enumerate() {
            self.within(format_args!("{field}[{position}]."), |check| one(check, item));
        }
    }

    /// Whether no more fields are named: looking further is in vain.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    /// Whether something at, in or around the field is named already.
    pub(crate) fn covers(&self, field: &str) -> bool {
        let field = if field.is_empty() { "body" } else { field };
        self.errors.iter().any(|(known, _)| is_within(known, field) || is_within(field, known))
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong, by name of the field.
    pub fn into_errors(self) -> Vec<(String, FieldError)> {
        self.errors
    }

    /// # Errors
    /// 422 with every bad field.
    pub fn finish(self) -> Result<(), Problem> {
        Problem::refuse(self.errors)
    }

    fn within(&mut self, step: std::fmt::Arguments<'_>, work: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(&step.to_string());
        work(self);
        self.prefix.truncate(length);
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether a condition of [`Check::that`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Yes,
    No,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Something that is text, or may have been left out.
pub trait AsText {
    fn as_text(&self) -> Option<&str>;
}

impl AsText for str {
    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl AsText for String {
    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: AsText + ?Sized> AsText for &T {
    fn as_text(&self) -> Option<&str> {
        (**self).as_text()
    }
}

impl<T: AsText> AsText for Option<T> {
    fn as_text(&self) -> Option<&str> {
        self.as_ref().and_then(T::as_text)
    }
}

impl<T: AsText> AsText for Secret<T> {
    fn as_text(&self) -> Option<&str> {
        self.expose().as_text()
    }
}

/// Types without rules of their own.
macro_rules! nothing_to_check {
    ($($kind:ty),+ $(,)?) => { $(impl Validate for $kind {})+ };
}

nothing_to_check!((), bool, i64, f64, String, uuid::Uuid, serde_json::Value, banyan_kernel::Timestamp);

impl<T: Validate> Validate for Option<T> {
    fn validate(&self, check: &mut Check) {
        if let Some(value) = self {
            value.validate(check);
        }
    }
}
