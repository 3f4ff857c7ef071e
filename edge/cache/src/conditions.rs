//! Conditions and ranges of a client's request, answered from what is stored (RFC 9110 §13, §14; RFC 9111 §4.3.2).

use std::ops::Range;

use http::header::{DATE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::date::parse;
use crate::directives::members;
use crate::entry::Entry;

/// All fields that make a request conditional.
pub(crate) const CONDITIONAL: [&str; 5] = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"];

/// Whether the client has what is stored already.
pub(crate) fn is_not_modified(request: &HeaderMap, entry: &Entry) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let tag = entry.headers.get(ETAG);
        return request.get_all(IF_NONE_MATCH).iter().any(|value| none_match(value, tag));
    }
    let Some(since) = request.get(IF_MODIFIED_SINCE).and_then(parse) else { return false };
    let changed = entry.headers.get(LAST_MODIFIED).or_else(|| entry.headers.get(DATE)).and_then(parse);
    entry.status == StatusCode::OK && changed.unwrap_or(entry.received) <= since
}

/// Whether a list of tags names the stored one, by the weak comparison (RFC 9110 §8.8.3.2).
fn none_match(list: &HeaderValue, tag: Option<&HeaderValue>) -> bool {
    if list.as_bytes() == b"*" {
        return true;
    }
    let Some(tag) = tag else { return false };
    // A tag may hold bytes that are no text.
    if list.as_bytes() == tag.as_bytes() {
        return true;
    }
    let Ok(tag) = tag.to_str() else { return false };
    members(list).any(|member| opaque(member) == opaque(tag))
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// What part of a body a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Bytes(Range<usize>),
    /// Nothing of what is asked for is there.
    Unsatisfiable,
}

/// Asks for bytes `a-b`, `a-` or `-n` are answered; several ranges at once, and what cannot be read, with the whole body,
/// which every server may do (RFC 9110 §14.2).
pub(crate) fn part_of(method: &Method, request: &HeaderMap, entry: &Entry) -> Part {
    let asked = request.get(RANGE).and_then(|value| value.to_str().ok());
    let Some(spec) = asked.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Part::Whole };
    if method != Method::GET || entry.status != StatusCode::OK || !range_applies(request, entry) {
        return Part::Whole;
    }
    let length = entry.body.len();
    match range(spec.trim(), length) {
        None => Part::Whole,
        Some(range) if range.is_empty() => Part::Unsatisfiable,
        Some(range) => Part::Bytes(range),
    }
}

/// `If-Range` takes only a strong tag or the exact date (RFC 9110 §13.1.5).
fn range_applies(request: &HeaderMap, entry: &Entry) -> bool {
    let Some(condition) = request.get(IF_RANGE) else { return true };
    if condition.as_bytes().starts_with(b"W/") {
        return false;
    }
    let validator = if condition.as_bytes().starts_with(b"\"") { ETAG } else { LAST_MODIFIED };
    entry.headers.get(validator).is_some_and(|known| known == condition)
}

/// `None` for what is not one range; an empty one for what lies outside.
fn range(spec: &str, length: usize) -> Option<Range<usize>> {
    let (first, last) = spec.split_once('-')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(usize::MAX));
    if first.is_empty() {
        let wanted = number(last).filter(|_| !last.is_empty())?;
        return Some(length - wanted.min(length)..length);
    }
    let first = number(first)?;
    let last = if last.is_empty() { usize::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(first.min(length)..last.saturating_add(1).min(length))
}

/// Makes a request ask whether the stored answer still holds, in place of what the client asked (RFC 9111 §4.3.1).
pub(crate) fn ask_again(request: &mut HeaderMap, entry: &Entry) {
    strip(request);
    if let Some(tag) = entry.headers.get(ETAG) {
        request.insert(IF_NONE_MATCH, tag.clone());
    }
    if let Some(changed) = entry.headers.get(LAST_MODIFIED) {
        request.insert(IF_MODIFIED_SINCE, changed.clone());
    }
}

/// Makes a request ask for all of it.
pub(crate) fn strip(request: &mut HeaderMap) {
    CONDITIONAL.iter().for_each(|name| drop(request.remove(*name)));
    request.remove(RANGE);
}

/// Whether the request wants less than the whole answer, or something that only the origin can decide.
pub(crate) fn is_special(request: &HeaderMap) -> bool {
    request.contains_key(RANGE) || CONDITIONAL.iter().any(|name| request.contains_key(*name))
}

/// Conditions about the state of the resource, not about what a client holds: they are the origin's (RFC 9110 §13.1.1, §13.1.4).
pub(crate) fn is_for_the_origin(request: &HeaderMap) -> bool {
    request.contains_key("if-match") || request.contains_key("if-unmodified-since")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        for (spec, expected) in [
            ("0-1", Some(0..2)),
            ("1-", Some(1..10)),
            ("-3", Some(7..10)),
            ("-99", Some(0..10)),
            ("5-99", Some(5..10)),
            ("10-", Some(10..10)),
            ("99-100", Some(10..10)),
            ("-0", Some(10..10)),
            ("18446744073709551615-", Some(10..10)),
            ("0-18446744073709551615", Some(0..10)),
            ("2-1", None),
            ("-", None),
            ("", None),
            ("0-1,3-4", None),
            ("a-b", None),
            ("+1-2", None),
        ] {
            assert_eq!(range(spec, 10), expected, "{spec}");
        }
        assert_eq!(range("0-", 0), Some(0..0));
    }

    #[test]
    fn tags_compare_weakly() {
        let tag = HeaderValue::from_static("W/\"a\"");
        for list in ["\"a\"", "W/\"a\"", "\"x\", \"a\"", "*", "\"x,y\", W/\"a\""] {
            assert!(none_match(&HeaderValue::from_static(list), Some(&tag)), "{list}");
        }
        for list in ["\"b\"", "a", "w/\"a\"", "\"x, \"a\"\""] {
            assert!(!none_match(&HeaderValue::from_static(list), Some(&tag)), "{list}");
        }
        assert!(!none_match(&HeaderValue::from_static("\"a\""), None));
    }
}
