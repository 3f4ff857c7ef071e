//! JSON of any shape, with repeated keys noticed.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{Check, FieldError, Validate};

/// A JSON value of any shape, for fields that a service keeps but does not interpret. Repeated keys are refused (RFC 8259 §4
/// leaves their meaning open), U+0000 too.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Document(pub Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let repeated = RefCell::new(Vec::new());
        let value = Reader { place: &Place::Whole, repeated: &repeated }.deserialize(deserializer)?;
        if repeated.borrow().is_empty() { Ok(Self(value)) } else { Err(D::Error::custom("a key is repeated")) }
    }
}

impl Validate for Document {}

impl utoipa::PartialSchema for Document {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Value::schema()
    }
}

impl utoipa::ToSchema for Document {
    fn name() -> std::borrow::Cow<'static, str> {
        "Document".into()
    }
}

/// For a field of a PATCH that may be cleared: absent is `None`, `null` is `Some(None)`.
///
/// ```
/// # use serde::Deserialize;
/// #[derive(Deserialize)]
/// struct Changes {
///     #[serde(default, deserialize_with = "banyan_http::nullable")]
///     description: Option<Option<String>>,
/// }
/// assert_eq!(serde_json::from_str::<Changes>("{}").unwrap().description, None);
/// assert_eq!(serde_json::from_str::<Changes>(r#"{"description":null}"#).unwrap().description, Some(None));
/// ```
///
/// # Errors
/// What `T` answers.
pub fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// For a field of a PATCH that may be left out but not cleared: absent is `None`, `null` is refused.
///
/// ```
/// # use serde::Deserialize;
/// #[derive(Deserialize)]
/// struct Changes {
///     #[serde(default, deserialize_with = "banyan_http::present")]
///     title: Option<String>,
/// }
/// assert_eq!(serde_json::from_str::<Changes>("{}").unwrap().title, None);
/// assert!(serde_json::from_str::<Changes>(r#"{"title":null}"#).is_err());
/// ```
///
/// # Errors
/// What `T` answers.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The document, and the paths of the first repeated keys.
pub(super) fn parse(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let repeated = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Reader { place: &Place::Whole, repeated: &repeated }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, repeated.into_inner()))
}

/// The fields whose text or key holds U+0000.
#[cold]
pub(super) fn zeros(bytes: &[u8]) -> Vec<(String, FieldError)> {
    let mut check = Check::new();
    if let Ok((document, _)) = parse(bytes) {
        find_zeros(&document, &Place::Whole, &mut check);
    }
    check.into_errors()
}

fn find_zeros(value: &Value, place: &Place<'_>, check: &mut Check) {
    if check.is_full() {
        return;
    }
    match value {
        Value::String(text) if text.contains('\0') => check.error(place.path(), FieldError::control_characters()),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| find_zeros(item, &Place::Item(place, at), check)),
        Value::Object(members) => {
            for (key, member) in members {
                if key.contains('\0') {
                    check.error(place.path(), FieldError::control_characters());
                }
                find_zeros(member, &Place::Member(place, key), check);
            }
        }
        _ => {}
    }
}

/// Where in a document we are. Written out only where something is wrong: in a deep document that would cost more than reading it.
enum Place<'p> {
    Whole,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Member(outer, key) => join(&outer.path(), key),
            Self::Item(outer, at) => format!("{}[{at}]", outer.path()),
        }
    }
}

/// Repeated keys that are named; more of them say nothing more.
const MOST_REPEATED: usize = 100;

/// The longest part of a name that was sent and is named in an answer, in characters.
const LONGEST_NAME: usize = 64;

/// `path.key`; a sent key is cut to its first 64 characters.
pub(super) fn join(path: &str, key: &str) -> String {
    let key: String = key.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

struct Reader<'r> {
    place: &'r Place<'r>,
    repeated: &'r RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let place = Place::Item(self.place, items.len());
            match access.next_element_seed(Reader { place: &place, repeated: self.repeated })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let place = Place::Member(self.place, &key);
            let value = access.next_value_seed(Reader { place: &place, repeated: self.repeated })?;
            if members.contains_key(&key) && self.repeated.borrow().len() < MOST_REPEATED {
                self.repeated.borrow_mut().push(place.path());
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_are_found_at_every_depth() {
        let (value, repeated) = parse(br#"{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}],"c":3}"#).unwrap();
        assert_eq!(repeated, ["a.b", "c[0].d", "c"]);
        assert_eq!(value["a"]["b"], 2);
        assert!(serde_json::from_str::<Document>(r#"{"x":{"a":1,"a":2}}"#).is_err());
        assert_eq!(serde_json::from_str::<Document>(r#"{"x":[1,null,"y",1.5]}"#).unwrap().0["x"][2], "y");
    }

    #[test]
    fn zeros_are_found_where_they_are_and_nowhere_else() {
        let found = |text: &str| zeros(text.as_bytes()).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(found(r#"{"a":"x\u0000","b":["ok","\u0000"],"c":"\\u0000"}"#), ["a", "b[1]"]);
        assert!(found(r#"{"c":"\\u0000"}"#).is_empty());
    }
}
