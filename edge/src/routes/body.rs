//! JSON bodies that a route changes by a declared template. Small, whole JSON only; everything else passes as it came.

use std::io;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Map, Value};

/// How deep a template may be nested, and how many values it may have.
pub(crate) const DEEPEST: usize = 16;
pub(crate) const MOST_NODES: usize = 256;

/// What becomes of a body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BodyChange {
    /// A new document, made from the old one.
    pub(crate) template: Option<Node>,
    /// Pointers (RFC 6901) of members that go.
    pub(crate) drop: Box<[Box<str>]>,
    /// From, to.
    pub(crate) rename: Box<[(Box<str>, Box<str>)]>,
    pub(crate) set: Box<[(Box<str>, Value)]>,
    /// Larger bodies pass unchanged (answers) or are refused (requests), in bytes.
    pub(crate) most: usize,
}

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Value(Value),
    Object(Box<[(String, Node)]>),
    Array(Box<[Node]>),
    /// What the pointer points at in the old document; a member without either is left out.
    Reference {
        pointer: Box<str>,
        default: Option<Value>,
    },
}

/// Why a body was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the body is no JSON")]
    Malformed,
    #[error("the changed body would be too large")]
    TooLarge,
}

/// Whether a message says that its body is JSON that can be read: no other type, no coding.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json")
        || (essence.len() > 5
            && essence.is_char_boundary(essence.len() - 5)
            && essence[essence.len() - 5..].eq_ignore_ascii_case("+json"));
    json && !headers.contains_key(CONTENT_ENCODING)
}

impl BodyChange {
    /// # Errors
    /// [`Unfit`]: the body stays as it was.
    pub(crate) fn apply(&self, body: &[u8]) -> Result<Vec<u8>, Unfit> {
        let mut document: Value = serde_json::from_slice(body).map_err(|_| Unfit::Malformed)?;
        if let Some(template) = &self.template {
            document = template.fill(&document).unwrap_or(Value::Null);
        }
        for pointer in &self.drop {
            take(&mut document, pointer);
        }
        for (from, to) in &self.rename {
            if let Some(value) = take(&mut document, from) {
                put(&mut document, to, value);
            }
        }
        for (pointer, value) in &self.set {
            put(&mut document, pointer, value.clone());
        }
        // A reference used many times multiplies what it points at.
        let mut written = Bounded { bytes: Vec::with_capacity(body.len()), most: self.most.saturating_mul(4) };
        serde_json::to_writer(&mut written, &document).map_err(|_| Unfit::TooLarge)?;
        Ok(written.bytes)
    }
}

impl Node {
    /// Reads a template from its JSON form, in which `{"$": "/pointer", "default": …}` is a reference.
    ///
    /// # Errors
    /// A sentence for the one who wrote it.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let mut left = MOST_NODES;
        Self::parse_within(value, DEEPEST, &mut left)
    }

    fn parse_within(value: &Value, depth: usize, left: &mut usize) -> Result<Self, String> {
        *left = left.checked_sub(1).ok_or_else(|| format!("has more than {MOST_NODES} values"))?;
        let depth = depth.checked_sub(1).ok_or_else(|| format!("is nested deeper than {DEEPEST}"))?;
        match value {
            Value::Object(members) if members.contains_key("$") => reference(members),
            Value::Object(members) => {
                let mut nodes = Vec::with_capacity(members.len());
                for (name, member) in members {
                    nodes.push((name.clone(), Self::parse_within(member, depth, left)?));
                }
                Ok(Self::Object(nodes.into()))
            }
            Value::Array(values) => {
                let nodes: Result<Vec<Self>, String> =
                    values.iter().map(|value| Self::parse_within(value, depth, left)).collect();
                Ok(Self::Array(nodes?.into()))
            }
            plain => Ok(Self::Value(plain.clone())),
        }
    }

    fn fill(&self, document: &Value) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Object(members) => {
                let filled = members.iter().filter_map(|(name, node)| Some((name.clone(), node.fill(document)?)));
                Some(Value::Object(filled.collect()))
            }
            Self::Array(nodes) => Some(nodes.iter().map(|node| node.fill(document).unwrap_or(Value::Null)).collect()),
            Self::Reference { pointer, default } => document.pointer(pointer).or(default.as_ref()).cloned(),
        }
    }
}

fn reference(members: &Map<String, Value>) -> Result<Node, String> {
    let pointer = members.get("$").and_then(Value::as_str).ok_or("has a `$` that is no text")?;
    let pointer = self::pointer(pointer)?;
    if let Some(other) = members.keys().find(|name| !matches!(name.as_str(), "$" | "default")) {
        return Err(format!("has `{other}` beside `$`; only `default` may stand there"));
    }
    Ok(Node::Reference { pointer, default: members.get("default").cloned() })
}

/// A JSON pointer (RFC 6901).
///
/// # Errors
/// A sentence for the one who wrote it.
pub(crate) fn pointer(text: &str) -> Result<Box<str>, String> {
    let begins = text.is_empty() || text.starts_with('/');
    let escapes = text.split('~').skip(1).all(|part| part.starts_with(['0', '1']));
    if begins && escapes && text.matches('/').count() <= DEEPEST {
        Ok(text.into())
    } else {
        Err(format!("`{text}` is no JSON pointer such as `/user/name`"))
    }
}

fn parent_of(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn take(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, last) = parent_of(pointer)?;
    match document.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&last),
        Value::Array(values) => last.parse::<usize>().ok().filter(|at| *at < values.len()).map(|at| values.remove(at)),
        _ => None,
    }
}

/// Makes the objects on the way; what is no object there stays, and nothing is put.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let Some((parent, last)) = parent_of(pointer) else {
        *document = value;
        return;
    };
    let mut place = document;
    for step in parent.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let Value::Object(members) = place else { return };
        place = members.entry(step).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(members) = place {
        members.insert(last, value);
    }
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    fn change(template: Option<Value>) -> BodyChange {
        let template = template.map(|value| Node::parse(&value).unwrap());
        BodyChange { template, drop: [].into(), rename: [].into(), set: [].into(), most: 1_000 }
    }

    fn changed(change: &BodyChange, body: &Value) -> Value {
        serde_json::from_slice(&change.apply(&serde_json::to_vec(body).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_template_makes_a_new_document() {
        let template = json!({
            "user": { "name": { "$": "/name" }, "age": { "$": "/age", "default": 18 }, "none": { "$": "/none" } },
            "tags": [{ "$": "/tags/0" }, { "$": "/tags/9" }],
            "all": { "$": "" },
            "kind": "person"
        });
        let made = changed(&change(Some(template)), &json!({ "name": "Ada", "tags": ["a"] }));
        assert_eq!(
            made,
            json!({
                "user": { "name": "Ada", "age": 18 }, "tags": ["a", null], "all": { "name": "Ada", "tags": ["a"] }, "kind": "person"
            })
        );
    }

    #[test]
    fn members_are_dropped_renamed_and_set() {
        let change = BodyChange {
            template: None,
            drop: ["/secret".into(), "/list/0".into(), "/nothing/there".into()].into(),
            rename: [("/old".into(), "/deep/er/new".into()), ("/a~1b".into(), "/c".into())].into(),
            set: [("/source".into(), json!("door")), ("/list/x".into(), json!(1))].into(),
            most: 1_000,
        };
        let made = changed(&change, &json!({ "secret": 1, "list": [1, 2], "old": true, "a/b": 2 }));
        assert_eq!(made, json!({ "list": [2], "deep": { "er": { "new": true } }, "c": 2, "source": "door" }));
    }

    #[test]
    fn nothing_grows_without_bound_and_nonsense_stays() {
        let twice = json!((0..200).map(|_| json!({ "$": "" })).collect::<Vec<_>>());
        assert_eq!(change(Some(twice)).apply(format!("\"{}\"", "x".repeat(500)).as_bytes()), Err(Unfit::TooLarge));
        assert_eq!(change(None).apply(b"{"), Err(Unfit::Malformed));
        assert_eq!(change(None).apply("[".repeat(5_000).as_bytes()), Err(Unfit::Malformed));
        let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
        assert!(Node::parse(&deep).unwrap_err().contains("deeper"));
        assert!(Node::parse(&json!(vec![0; 300])).unwrap_err().contains("more than"));
        for bad in [json!({ "$": 1 }), json!({ "$": "a" }), json!({ "$": "/a~2" }), json!({ "$": "/a", "or": 1 })] {
            assert!(Node::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_plain_json_is_read() {
        let of = |kind: &'static str| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_bytes(kind.as_bytes()).unwrap())]);
        assert!(is_json(&of("application/json")) && is_json(&of("Application/Problem+JSON; charset=utf-8")));
        assert!(
            !is_json(&of("text/json"))
                && !is_json(&of("application/x-ndjson"))
                && !is_json(&HeaderMap::new())
                && !is_json(&of("é+json"))
        );
        let mut coded = of("application/json");
        coded.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!is_json(&coded));
    }
}
