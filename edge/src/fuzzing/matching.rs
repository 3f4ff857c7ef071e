//! Which route a request finds.

use std::cmp::Reverse;

use http::{HeaderMap, Method};

use super::bytes::Bytes;
use crate::request::address::Security;
use crate::routes::condition::{Asked, Conditions};
use crate::routes::host::HostPattern;
use crate::routes::matching::{Nobody, Origin, Place, Rule, Table};
use crate::routes::pattern::{PathPattern, Segment};

const SEGMENTS: [&str; 6] = ["/a", "/b", "/{x}", "/ab", "/", "/{*rest}"];
const HOSTS: [&str; 4] = ["", "a.example", "*.example", "*.a.example"];
const ASKED_HOSTS: [Option<&str>; 5] = [None, Some("a.example"), Some("b.example"), Some("c.a.example"), Some("example")];
const PARTS: [&str; 6] = ["/a", "/b", "/c", "/ab", "/", "a"];

struct Known {
    host: Option<HostPattern>,
    rule: Rule,
}

/// The tree finds what trying all routes finds. Where it finds none, it says rightly which methods there are.
pub fn matching(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let (mut table, mut known) = (Table::default(), Vec::<Known>::new());
    for _ in 0..=bytes.below(12) {
        let Some(one) = route(&mut bytes) else { continue };
        // Two that nothing tells apart are refused when a file is read.
        if known.iter().all(|other| other.host != one.host || rank(other) != rank(&one)) {
            table.insert(&one.host.iter().cloned().collect::<Vec<_>>(), &one.rule, &known.len());
            known.push(one);
        }
    }
    let path = format!("/{}", bytes.text(&PARTS, 5).trim_start_matches('/'));
    let place = Place { host: *bytes.pick(&ASKED_HOSTS), path: &path };
    let headers = HeaderMap::new();
    let method = bytes.pick(&[Method::GET, Method::POST, Method::HEAD, Method::PUT]);
    let asked = Asked { method, security: Security::Plain, headers: &headers, query: None };

    let here = |one: &&Known| {
        let host = one.host.as_ref().is_none_or(|pattern| place.host.is_some_and(|host| pattern.fits(host)));
        host && one.rule.pattern.captures(place.path).is_some()
    };
    let slow = known.iter().enumerate().filter(|(_, one)| here(one) && one.rule.conditions.check(&asked).is_ok());
    let slow = slow.min_by_key(|(_, one)| rank(one)).map(|(at, _)| at);
    let quick = table.find(place, &asked).map(|found| found.value);
    assert_eq!(quick, slow, "{method} {place:?} among {:?}", known.iter().map(|one| &one.rule).collect::<Vec<_>>());
    assert_eq!(table.considered(place, &asked).len(), known.iter().filter(here).count());
    if quick.is_none() {
        let said = table.nobody(place, &asked);
        assert_eq!(said == Nobody::NotFound, !known.iter().any(|one| here(&one)), "{said:?} for {place:?}");
    }
}

fn route(bytes: &mut Bytes<'_>) -> Option<Known> {
    let mut text = bytes.text(&SEGMENTS, 4);
    // Each placeholder has a name of its own.
    let mut number = 0;
    while text.contains("{x}") {
        text = text.replacen("{x}", &format!("{{x{number}}}"), 1);
        number += 1;
    }
    let pattern = PathPattern::parse(&text).ok()?;
    let host = Some(*bytes.pick(&HOSTS)).filter(|host| !host.is_empty()).and_then(|host| HostPattern::parse(host).ok());
    let methods = bytes.pick(&[&[] as &[Method], &[Method::GET], &[Method::POST], &[Method::GET, Method::PUT]]);
    let conditions = Conditions { methods: methods.iter().cloned().collect(), ..Conditions::default() };
    let priority = i32::from(bytes.byte() % 3) - 1;
    Some(Known { host, rule: Rule { pattern, conditions, priority, origin: Origin::File } })
}

/// The order of `routes/matching.rs`, said again in other words.
fn rank(one: &Known) -> (u8, Reverse<usize>, Reverse<i32>, Vec<u8>, bool) {
    let (kind, length) = match &one.host {
        Some(HostPattern::Exact(name)) => (0, name.len()),
        Some(HostPattern::Below(name)) => (1, name.len()),
        None => (2, 0),
    };
    let segments = one.rule.pattern.segments().iter().map(|segment| match segment {
        Segment::Literal(_) => 0,
        Segment::One => 1,
        Segment::Rest => 2,
    });
    (kind, Reverse(length), Reverse(one.rule.priority), segments.collect(), one.rule.conditions.methods.is_empty())
}
