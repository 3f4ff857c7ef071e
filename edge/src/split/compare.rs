//! Comparing the answers of two sides: status, chosen header fields, JSON field by field.

use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

use crate::routes::body::is_json;

/// More differences of one pair of answers are not named.
const MOST: usize = 100;
const DEEPEST: usize = 64;
/// Characters of a value that an example shows.
const SHORT: usize = 60;
/// Members whose values are never shown, by part of their name.
const SECRET: [&str; 8] = ["password", "secret", "token", "authorization", "cookie", "email", "phone", "key"];

/// What is compared, and how exactly.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) headers: Box<[HeaderName]>,
    pub(crate) ignore: Box<[Pattern]>,
    /// By which part of the greater one numbers may differ.
    pub(crate) number: f64,
    pub(crate) text: TextRule,
    pub(crate) examples: Examples,
    pub(crate) additions: Additions,
}

/// Whether members of objects that the new side alone has are differences. Clients that pass over what they do not know never see them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Additions {
    #[default]
    Different,
    Allowed,
}

/// When two texts are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextRule {
    #[default]
    Exact,
    /// White space at both ends and its amount between words do not count.
    Space,
    /// As `Space`, and capitals do not count.
    Case,
}

/// What examples show of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Examples {
    /// Their kind and length.
    #[default]
    Masked,
    /// Their beginning, unless the member's name says that they are secret.
    Shown,
}

/// A JSON pointer (RFC 6901) in which `*` stands for any one member. Everything below what it points at belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[Option<Box<str>>]>);

impl Pattern {
    /// # Errors
    /// A sentence for the one who wrote it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(rest) = text.strip_prefix('/') else { return Err("does not begin with `/`") };
        let part = |part: &str| (part != "*").then(|| part.replace("~1", "/").replace("~0", "~").into_boxed_str());
        Ok(Self(rest.split('/').map(part).collect()))
    }

    fn fits(&self, path: &[Part<'_>]) -> bool {
        self.0.len() <= path.len()
            && self.0.iter().zip(path).all(|(own, part)| match (own, part) {
                (None, _) => true,
                (Some(own), Part::Member(name)) => **own == **name,
                (Some(own), Part::Place(at)) => own.parse() == Ok(*at),
            })
    }
}

#[derive(Clone, Copy, Debug)]
enum Part<'v> {
    Member(&'v str),
    Place(usize),
}

/// One answer, read to its end.
pub(crate) struct Told<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) baseline: Option<String>,
    pub(crate) shadow: Option<String>,
}

impl Comparison {
    pub(crate) fn compare(&self, baseline: &Told<'_>, shadow: &Told<'_>) -> Vec<Difference> {
        let read = |told: &Told<'_>| is_json(told.headers).then(|| serde_json::from_slice::<Value>(told.body).ok()).flatten();
        let documents = (read(baseline), read(shadow));
        let mut found = Found { rules: self, path: Vec::new(), differences: Vec::new() };
        if baseline.status != shadow.status {
            let shown = |told: &Told<'_>| Some(told.status.as_u16().to_string());
            found.note("status".to_owned(), shown(baseline), shown(shadow));
        }
        for name in &self.headers {
            let of = |told: &Told<'_>| told.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let (one, other) = (of(baseline), of(shadow));
            if one != other {
                let shown = |text: Option<String>| text.map(|text| self.shown(name.as_str(), &Value::from(text)));
                found.note(format!("header {name}"), shown(one), shown(other));
            }
        }
        match &documents {
            (Some(one), Some(other)) => found.values(one, other),
            // A different status says already that the bodies are of another kind.
            _ if baseline.status == shadow.status && baseline.body != shadow.body => {
                let shown = |told: &Told<'_>| Some(format!("{} bytes", told.body.len()));
                found.note("body".to_owned(), shown(baseline), shown(shadow));
            }
            _ => {}
        }
        found.differences
    }

    fn same_text(&self, one: &str, other: &str) -> bool {
        match self.text {
            TextRule::Exact => one == other,
            TextRule::Space => one.split_whitespace().eq(other.split_whitespace()),
            TextRule::Case => {
                let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
                words(one) == words(other)
            }
        }
    }

    fn same_number(&self, one: &serde_json::Number, other: &serde_json::Number) -> bool {
        if one == other {
            return true;
        }
        // Large whole numbers are not the same because a float cannot tell them apart.
        if self.number == 0.0 && (one.is_i64() || one.is_u64()) && (other.is_i64() || other.is_u64()) {
            return false;
        }
        match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= self.number * one.abs().max(other.abs()),
            _ => false,
        }
    }

    /// As an example shows it.
    fn shown(&self, name: &str, value: &Value) -> String {
        let name = name.to_ascii_lowercase();
        let secret = SECRET.iter().any(|part| name.contains(part));
        if self.examples == Examples::Masked || secret {
            return match value {
                Value::Null => "null".to_owned(),
                Value::Bool(_) => "true or false".to_owned(),
                Value::Number(_) => "a number".to_owned(),
                Value::String(text) => format!("a text of {}", text.chars().count()),
                Value::Array(list) => format!("a list of {}", list.len()),
                Value::Object(members) => format!("an object of {}", members.len()),
            };
        }
        match value {
            Value::Array(list) => format!("a list of {}", list.len()),
            Value::Object(members) => format!("an object of {}", members.len()),
            plain => {
                let text = plain.to_string();
                let mut short: String = text.chars().take(SHORT).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                short
            }
        }
    }
}

struct Found<'c, 'v> {
    rules: &'c Comparison,
    path: Vec<Part<'v>>,
    differences: Vec<Difference>,
}

impl<'v> Found<'_, 'v> {
    fn values(&mut self, one: &'v Value, other: &'v Value) {
        if self.rules.ignore.iter().any(|pattern| pattern.fits(&self.path)) || self.differences.len() >= MOST {
            return;
        }
        match (one, other) {
            (Value::Object(one), Value::Object(other)) if self.path.len() < DEEPEST => {
                for (name, value) in one {
                    self.member(Part::Member(name), Some(value), other.get(name));
                }
                let allowed = self.rules.additions == Additions::Allowed;
                for (name, value) in other.iter().filter(|(name, _)| !allowed && !one.contains_key(*name)) {
                    self.member(Part::Member(name), None, Some(value));
                }
            }
            (Value::Array(one), Value::Array(other)) if self.path.len() < DEEPEST => {
                for at in 0..one.len().max(other.len()) {
                    self.member(Part::Place(at), one.get(at), other.get(at));
                }
            }
            (Value::String(one), Value::String(other)) if self.rules.same_text(one, other) => {}
            (Value::Number(one), Value::Number(other)) if self.rules.same_number(one, other) => {}
            (one, other) if one == other => {}
            (one, other) => self.differ(Some(one), Some(other)),
        }
    }

    fn member(&mut self, part: Part<'v>, one: Option<&'v Value>, other: Option<&'v Value>) {
        self.path.push(part);
        match (one, other) {
            (Some(one), Some(other)) => self.values(one, other),
            (one, other) if !self.rules.ignore.iter().any(|pattern| pattern.fits(&self.path)) => self.differ(one, other),
            _ => {}
        }
        self.path.pop();
    }

    fn differ(&mut self, one: Option<&Value>, other: Option<&Value>) {
        let name = self.path.iter().rev().find_map(|part| match part {
            Part::Member(name) => Some(*name),
            Part::Place(_) => None,
        });
        let name = name.unwrap_or_default();
        let shown = |value: Option<&Value>| value.map(|value| self.rules.shown(name, value));
        let (baseline, shadow) = (shown(one), shown(other));
        let mut field = String::new();
        for part in &self.path {
            field.push('/');
            match part {
                Part::Member(name) => field.extend(name.replace('~', "~0").replace('/', "~1").chars().take(SHORT)),
                Part::Place(_) => field.push('*'),
            }
        }
        let field = if field.is_empty() { "body".to_owned() } else { field };
        self.note(field, baseline, shadow);
    }

    fn note(&mut self, field: String, baseline: Option<String>, shadow: Option<String>) {
        if self.differences.len() < MOST {
            self.differences.push(Difference { field, baseline, shadow });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http::header::CONTENT_TYPE;
    use serde_json::json;

    fn fields(rules: &Comparison, one: &Value, other: &Value) -> Vec<String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let (one, other) = (one.to_string(), other.to_string());
        let baseline = Told { status: StatusCode::OK, headers: &headers, body: one.as_bytes() };
        let shadow = Told { status: StatusCode::OK, headers: &headers, body: other.as_bytes() };
        rules.compare(&baseline, &shadow).into_iter().map(|difference| difference.field).collect()
    }

    #[test]
    fn fields_are_compared_one_by_one() {
        let one = json!({"data": [{"id": 1, "t": "a", "at": "x"}, {"id": 2, "t": "b"}], "n": 1, "a/b": 1});
        let other = json!({"data": [{"id": 9, "t": "a", "at": "y"}, {"id": 8, "t": "c", "new": 1}], "n": 1.0, "a/b": 2});
        let mut rules = Comparison::default();
        assert_eq!(fields(&rules, &one, &other), ["/a~1b", "/data/*/at", "/data/*/id", "/data/*/id", "/data/*/t", "/data/*/new"]);
        rules.ignore = ["/data/*/id", "/data/*/at", "/a~1b"].map(|text| Pattern::parse(text).unwrap()).into();
        assert_eq!(fields(&rules, &one, &other), ["/data/*/t", "/data/*/new"]);
        rules.ignore = [Pattern::parse("/data").unwrap(), Pattern::parse("/a~1b").unwrap()].into();
        assert!(fields(&rules, &one, &other).is_empty());
        assert_eq!(fields(&rules, &json!([1]), &json!({})), ["body"]);
    }

    #[test]
    fn members_that_the_new_side_alone_has_may_be_allowed() {
        let rules = Comparison { additions: Additions::Allowed, ..Comparison::default() };
        let one = json!({"data": [{"id": 1, "gone": 1}]});
        let other = json!({"data": [{"id": 1, "new": {"a": 1}}, {"id": 2}], "more": []});
        assert_eq!(fields(&rules, &one, &other), ["/data/*/gone", "/data/*"], "what is missing counts, and a longer list");
    }

    #[test]
    fn tolerances() {
        let mut rules = Comparison { number: 0.01, text: TextRule::Case, ..Comparison::default() };
        assert!(fields(&rules, &json!([100, " A  b"]), &json!([100.9, "a B "])).is_empty());
        assert_eq!(fields(&rules, &json!([100]), &json!([102])), ["/*"]);
        rules.text = TextRule::Space;
        assert_eq!(fields(&rules, &json!(["A"]), &json!(["a"])), ["/*"]);
        rules.number = 0.0;
        assert_eq!(fields(&rules, &json!([9_007_199_254_740_993_i64]), &json!([9_007_199_254_740_992_i64])), ["/*"]);
    }

    #[test]
    fn values_are_masked_unless_shown_and_secrets_always() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let long = "x".repeat(500);
        let (one, other) =
            (json!({"accessToken": "abc", "t": long}).to_string(), json!({"accessToken": "d", "t": 1}).to_string());
        let told = |body: &'_ str| (StatusCode::OK, body.as_bytes().to_vec());
        let ((status, one), (_, other)) = (told(&one), told(&other));
        let compare = |rules: &Comparison| {
            rules.compare(&Told { status, headers: &headers, body: &one }, &Told { status, headers: &headers, body: &other })
        };
        let masked = compare(&Comparison::default());
        assert_eq!(masked[0].baseline.as_deref(), Some("a text of 3"));
        assert_eq!((masked[1].baseline.as_deref(), masked[1].shadow.as_deref()), (Some("a text of 500"), Some("a number")));
        let shown = compare(&Comparison { examples: Examples::Shown, ..Comparison::default() });
        assert_eq!(shown[0].baseline.as_deref(), Some("a text of 3"), "a secret");
        assert_eq!(shown[1].baseline.as_ref().map(|text| text.chars().count()), Some(SHORT + 1));
    }

    #[test]
    fn a_hostile_answer_costs_no_more_than_its_size() {
        let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
        let other = format!("{}2{}", "[".repeat(120), "]".repeat(120));
        let many: Value = (0..5_000).collect::<Vec<i32>>().into();
        assert_eq!(fields(&Comparison::default(), &many, &json!([])).len(), MOST);
        let (deep, other) = (serde_json::from_str(&deep).unwrap(), serde_json::from_str(&other).unwrap());
        assert_eq!(fields(&Comparison::default(), &deep, &other).len(), 1);
    }
}
