//! `Vary` (RFC 9111 §4.1), with the values of requests brought to one form so that equal wishes meet.

use http::header::{ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, VARY};
use http::{HeaderMap, HeaderName};

use crate::directives::members;

/// The fields that an answer was chosen by, with the request's values of them, in order of their names.
pub(crate) type Selected = Vec<(HeaderName, Option<String>)>;

/// The fields that the answer names. `None` when no other request can be known to match: `*`, or a name that cannot be read.
pub(crate) fn fields(answer: &HeaderMap) -> Option<Vec<HeaderName>> {
    let mut names = Vec::new();
    for value in answer.get_all(VARY) {
        value.to_str().ok()?;
        for member in members(value) {
            if member == "*" {
                return None;
            }
            names.push(member.parse::<HeaderName>().ok()?);
        }
    }
    names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    Some(names)
}

pub(crate) fn select(names: Vec<HeaderName>, request: &HeaderMap) -> Selected {
    names.into_iter().map(|name| (name.clone(), normalised(&name, request))).collect()
}

pub(crate) fn matches(selected: &Selected, request: &HeaderMap) -> bool {
    selected.iter().all(|(name, value)| *value == normalised(name, request))
}

/// The request's value of a field in one form: lines joined, blanks and empty members gone; for negotiation by quality also
/// without case and refusals, in order of preference. `None` when the field is not there.
pub(crate) fn normalised(name: &HeaderName, request: &HeaderMap) -> Option<String> {
    if !request.contains_key(name) {
        return None;
    }
    let mut list: Vec<String> = Vec::new();
    for value in request.get_all(name) {
        if value.to_str().is_ok() {
            list.extend(members(value).map(str::to_owned));
        } else {
            // Bytes that are no text: compared as they are.
            list.push(value.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    if [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE].contains(name) {
        list = by_preference(&list);
    }
    Some(list.join(","))
}

fn by_preference(list: &[String]) -> Vec<String> {
    let mut weighed: Vec<(u16, String)> = list.iter().map(|member| weigh(&member.to_ascii_lowercase())).collect();
    weighed.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    weighed.dedup();
    let weighed = weighed.into_iter().map(|(quality, name)| if quality == 1_000 { name } else { format!("{name};q={quality}") });
    weighed.collect()
}

/// A member and its quality in thousandths (RFC 9110 §12.4.2); what cannot be read counts as 1,000, so that it stands apart.
pub(crate) fn weigh(member: &str) -> (u16, String) {
    let mut quality = 1_000;
    let mut kept = Vec::new();
    for part in member.split(';').map(str::trim) {
        match part.strip_prefix("q=").and_then(thousandths) {
            Some(weight) => quality = weight,
            None => kept.push(part),
        }
    }
    (quality, kept.join(";"))
}

fn thousandths(text: &str) -> Option<u16> {
    let number: f32 = text.trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000 after the check")]
    (0.0..=1.0).contains(&number).then_some((number * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn request(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(*name, HeaderValue::from_static(value));
            map
        })
    }

    fn same(one: &[(&'static str, &'static str)], other: &[(&'static str, &'static str)]) -> bool {
        let answer = request(&[("vary", "Foo, accept-language, Accept-Encoding")]);
        let selected = select(fields(&answer).unwrap(), &request(one));
        matches(&selected, &request(other))
    }

    #[test]
    fn equal_wishes_meet_and_others_do_not() {
        assert!(same(&[("foo", "1, 2")], &[("foo", "1"), ("foo", "2")]));
        assert!(same(&[("foo", " 1,  2 ")], &[("foo", "1,2")]));
        assert!(same(&[("accept-language", "en, de")], &[("accept-language", "De ,  eN")]));
        assert!(same(&[("accept-encoding", "gzip;q=1.0, br")], &[("accept-encoding", "br,gzip")]));
        assert!(!same(&[("accept-language", "en;q=0.5, de")], &[("accept-language", "en, de;q=0.5")]));
        assert!(!same(&[("foo", "1")], &[("foo", "2")]));
        assert!(!same(&[("foo", "a")], &[("foo", "A")]));
        assert!(!same(&[("foo", "1")], &[]));
        assert!(!same(&[], &[("foo", "")]));
    }

    #[test]
    fn a_star_matches_nobody() {
        for text in ["*", "*, foo", "foo, *", ", *"] {
            let mut answer = HeaderMap::new();
            answer.insert(VARY, HeaderValue::from_static(text));
            assert_eq!(fields(&answer), None, "{text}");
        }
        assert_eq!(fields(&request(&[("vary", "a b")])), None);
        assert_eq!(fields(&HeaderMap::new()), Some(Vec::new()));
    }
}
