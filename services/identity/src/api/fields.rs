//! Checks that several calls share.

use banyan_http::{Check, FieldError};

use crate::email::Email;
use crate::view::RoleName;

/// Longer passwords are refused before anything is done with them.
const LONGEST_ATTEMPT: usize = 1_024;

pub(super) fn email(check: &mut Check, value: &str) {
    check.line("email", value).length(1, 254).holds(|text| Email::parse(text).is_ok(), FieldError::email()).any();
}

pub(super) fn name(check: &mut Check, value: &str) {
    check.line("name", value).length(1, 100).not_blank().any();
}

/// A password that somebody wants to have. Whether it is good enough is asked later, with what is known of the person.
pub(super) fn new_password(check: &mut Check, field: &str, value: &str) {
    check.line(field, value).length(8, 128).any();
}

/// A password that somebody says they have: any text.
pub(super) fn password(check: &mut Check, field: &str, value: &str) {
    check.that(!value.is_empty(), field, FieldError::required());
    check.that(value.len() <= LONGEST_ATTEMPT, field, FieldError::too_long(LONGEST_ATTEMPT));
}

/// The key of a plan.
pub(super) fn plan(check: &mut Check, value: Option<&str>) {
    let Some(value) = value else { return };
    let kebab = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    check.line("plan", value).length(1, 60).holds(kebab, FieldError::invalid()).any();
}

/// A secret of ours, as it was sent.
pub(super) fn secret(check: &mut Check, field: &str, value: &str) {
    check.line(field, value).length(1, 200).any();
}

pub(super) fn roles(check: &mut Check, value: &[RoleName]) {
    check.count("roles", value, 1, 7);
}
