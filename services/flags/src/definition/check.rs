//! Texts that become part of a rule: the engine's language has quotes and brackets, and no way to write them.

use banyan_http::{Check, FieldError};

/// The longest value of a constraint or parameter's member, in bytes.
pub(super) const LONGEST_VALUE: usize = 500;

/// Names in addresses and in the documents of Unleash: letters, digits, `-`, `_`, `.`, `~`; not `.` or `..`.
pub(crate) fn is_name(text: &str) -> bool {
    let visible = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    visible && (1..=100).contains(&text.len()) && text != "." && text != ".."
}

/// A field of the context: a name, with spaces, colons and slashes besides.
pub(super) fn context_name(check: &mut Check, field: &str, text: &str) {
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~:/ @".contains(&byte));
    check.line(field, text).length(1, 100).holds(fits, FieldError::new("invalid-context", "flags-field-context")).any();
}

/// A quote must not be closed by what follows: a backslash at the end would take the closing one along.
pub(super) fn is_quotable(text: &str) -> bool {
    !text.ends_with('\\') && !text.contains("\\\"") && !text.chars().any(char::is_control)
}

pub(super) fn value(check: &mut Check, field: &str, text: &str) {
    let error = FieldError::new("not-quotable", "flags-field-quotable");
    let short = |text: &str| text.len() <= LONGEST_VALUE;
    check.line(field, text).holds(short, FieldError::too_long(LONGEST_VALUE)).holds(is_quotable, error).any();
}
