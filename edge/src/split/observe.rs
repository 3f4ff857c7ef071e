//! Which paths of a system of before are asked for: counted by template, so that nobody has to know them beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use banyan_contracts::splits::millis;
use http::{Method, StatusCode};
use parking_lot::Mutex;
use serde::Serialize;

use super::window::{Failed, Tally};

/// Templates that are counted apart; further ones are counted together.
const MOST: usize = 500;
/// Names that stand below one path before further ones are taken for values.
const MOST_BELOW: usize = 40;
/// Segments of a template; the rest is folded.
const LONGEST: usize = 8;
const OTHERS: &str = "(others)";

/// One template and method.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedRoute {
    pub method: String,
    /// `/goals/{id}`.
    pub path: String,
    pub requests: u64,
    /// Status 400 to 499.
    pub refused: u64,
    /// Status 500 and above, or no answer.
    pub failures: u64,
    /// In milliseconds.
    pub p50_ms: f64,
    pub p95_ms: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Observed(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    routes: BTreeMap<(String, Method), (u64, Tally)>,
    /// What was seen below each path.
    below: BTreeMap<String, BTreeSet<String>>,
}

impl Observed {
    pub(crate) fn record(&self, method: &Method, path: &str, status: StatusCode, time: Duration) {
        let mut seen = self.0.lock();
        let template = seen.template(path);
        let mut key = (template, method.clone());
        if seen.routes.len() >= MOST && !seen.routes.contains_key(&key) {
            key = (OTHERS.to_owned(), Method::GET);
        }
        let (refused, tally) = seen.routes.entry(key).or_default();
        *refused += u64::from(status.is_client_error());
        tally.record(if status.as_u16() >= 500 { Failed::Yes } else { Failed::No }, time);
    }

    pub(crate) fn report(&self) -> Vec<ObservedRoute> {
        let seen = self.0.lock();
        let routes = seen.routes.iter().map(|((path, method), (refused, tally))| ObservedRoute {
            method: if path == OTHERS { "*".to_owned() } else { method.to_string() },
            path: path.clone(),
            requests: tally.requests,
            refused: *refused,
            failures: tally.failures,
            p50_ms: millis(tally.quantile(0.5).unwrap_or_default()),
            p95_ms: millis(tally.quantile(0.95).unwrap_or_default()),
        });
        routes.collect()
    }
}

impl Seen {
    fn template(&mut self, path: &str) -> String {
        let mut template = String::with_capacity(path.len());
        for (at, segment) in path.split('/').skip(1).enumerate() {
            if at == LONGEST {
                template.push_str("/…");
                break;
            }
            let name = if is_value(segment) || !self.is_name_below(&template, segment) { "{id}" } else { segment };
            template.push('/');
            template.push_str(name);
        }
        template
    }

    /// Whether it is one of the few names below the path, or becomes one.
    fn is_name_below(&mut self, path: &str, segment: &str) -> bool {
        if segment.is_empty() {
            return true;
        }
        match self.below.get_mut(path) {
            Some(names) => names.contains(segment) || (names.len() < MOST_BELOW && names.insert(segment.to_owned())),
            None => {
                let room = self.below.len() < MOST;
                if room {
                    self.below.insert(path.to_owned(), BTreeSet::from([segment.to_owned()]));
                }
                room
            }
        }
    }
}

/// A number, a UUID, a hash, an address, something long: what names one thing of many.
fn is_value(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let long_hex = segment.len() >= 12 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mixed = segment.len() >= 8 && digits * 4 >= segment.len();
    let begins = segment.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let version = segment.len() <= 3 && segment.starts_with('v');
    !version && (begins || long_hex || mixed || segment.len() > 40 || segment.contains(['%', '@', ',', '=']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates<'p>(paths: impl IntoIterator<Item = &'p str>) -> Vec<String> {
        let observed = Observed::default();
        for path in paths {
            observed.record(&Method::GET, path, StatusCode::OK, Duration::from_millis(1));
        }
        observed.report().into_iter().map(|route| route.path).collect()
    }

    #[test]
    fn what_names_one_thing_of_many_is_folded() {
        let paths = [
            "/",
            "/api/v1/goals",
            "/api/v1/goals/17",
            "/api/v1/goals/01941f29-7c00-7000-8000-000000000002/tasks",
            "/api/v1/goals/2024-01-01",
            "/u/ann%40example.org",
            "/c/9f86d081884c7d65",
            "/x/aB3dE5gH7",
        ];
        let expected = ["/", "/api/v1/goals", "/api/v1/goals/{id}", "/api/v1/goals/{id}/tasks", "/c/{id}", "/u/{id}", "/x/{id}"];
        assert_eq!(templates(paths), expected);
    }

    #[test]
    fn whoever_asks_for_everything_fills_nothing() {
        let words: Vec<String> =
            (0..60_u8).flat_map(|one| (0..60_u8).map(move |two| format!("/w{}/w{}", letters(one), letters(two)))).collect();
        let found = templates(words.iter().map(String::as_str));
        assert!(found.len() <= MOST + 1, "{}", found.len());
        assert!(found.contains(&"/{id}/{id}".to_owned()) || found.contains(&OTHERS.to_owned()));
        let deep = "/a".repeat(100);
        assert_eq!(templates([deep.as_str()])[0].matches("/a").count(), LONGEST);
    }

    fn letters(number: u8) -> String {
        let (one, two) = (char::from(b'a' + number / 26), char::from(b'a' + number % 26));
        format!("{one}{two}")
    }
}
