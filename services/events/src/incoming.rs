//! CloudEvents 1.0 as programs send them over HTTP: structured, in batches, or in binary mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>).

use banyan_http::{Check, FieldError, Problem};
use banyan_kernel::{ErrorCode, Timestamp, Uuid};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

/// Events of a batch at the most.
pub(crate) const MOST_EVENTS: usize = 100;
/// Of ids, sources, types and subjects, in characters.
const LONGEST_ATTRIBUTE: usize = 300;
/// Attributes that are the program's own.
const MOST_EXTENSIONS: usize = 20;

/// An event from outside whose form is right.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incoming {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) version: u32,
    /// As it goes into the log: `origin` has what the program said about it, `data` what it says.
    pub(crate) content: Value,
}

/// How a request carries events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Structured,
    Batch,
    Binary,
}

/// All events of a request.
///
/// # Errors
/// 415 for another media type, 400 for what is no JSON, 422 that names each bad attribute: `type`, `[2].type`, `ce-type`.
pub(crate) fn read(headers: &HeaderMap, body: &[u8], tenant: Uuid) -> Result<Vec<Incoming>, Problem> {
    let mode = mode_of(headers)?;
    let content = serde_json::from_slice::<Value>(body);
    let mut check = Check::new();
    let events = match mode {
        Mode::Binary => {
            let data = if body.is_empty() { Value::Null } else { content.map_err(|error| malformed(&error))? };
            let mut attributes = from_headers(headers, &mut check);
            attributes.insert("data".to_owned(), data);
            vec![event("ce-", attributes, tenant, &mut check)]
        }
        Mode::Structured => match content.map_err(|error| malformed(&error))? {
            Value::Object(attributes) => vec![event("", attributes, tenant, &mut check)],
            _ => return Err(Problem::invalid("body", FieldError::wrong_type(banyan_http::problem::Expected::Object))),
        },
        Mode::Batch => {
            let Value::Array(all) = content.map_err(|error| malformed(&error))? else {
                return Err(Problem::invalid("body", FieldError::wrong_type(banyan_http::problem::Expected::Array)));
            };
            check.count("body", &all, 1, MOST_EVENTS);
            let each = all.into_iter().take(MOST_EVENTS).enumerate();
            each.map(|(at, one)| match one {
                Value::Object(attributes) => event(&format!("[{at}]."), attributes, tenant, &mut check),
                _ => {
                    check.error(format!("[{at}]"), FieldError::wrong_type(banyan_http::problem::Expected::Object));
                    None
                }
            })
            .collect()
        }
    };
    check.finish()?;
    Ok(events.into_iter().flatten().collect())
}

fn mode_of(headers: &HeaderMap) -> Result<Mode, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    if parts.any(|parameter| {
        parameter.starts_with("charset=") && parameter.trim_start_matches("charset=").trim_matches('"') != "utf-8"
    }) {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    match &*essence {
        "application/cloudevents+json" => Ok(Mode::Structured),
        "application/cloudevents-batch+json" => Ok(Mode::Batch),
        // Another format of CloudEvents would be taken for data.
        other if other.starts_with("application/cloudevents") => Err(ErrorCode::UnsupportedMediaType.into()),
        "application/json" => Ok(Mode::Binary),
        other if other.starts_with("application/") && other.ends_with("+json") => Ok(Mode::Binary),
        _ => Err(ErrorCode::UnsupportedMediaType.into()),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let place = [("line", error.line().into()), ("column", error.column().into())];
    Problem::new(ErrorCode::MalformedBody).detail_message("malformed-body-place", place)
}

/// Binary mode: an attribute is a header `ce-<name>`, with octets that headers cannot carry as `%` and two hexadecimal digits (§3.1.3.2).
fn from_headers(headers: &HeaderMap, check: &mut Check) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix("ce-") else { continue };
        let Some(text) = value.to_str().ok().and_then(unescaped) else {
            check.error(format!("ce-{name}"), FieldError::invalid());
            continue;
        };
        if attributes.insert(name.to_owned(), Value::String(text)).is_some() {
            check.error(format!("ce-{name}"), FieldError::duplicate());
        }
    }
    attributes
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// One event; nothing where something is wrong with it, which `check` then knows.
fn event(at: &str, mut attributes: Map<String, Value>, tenant: Uuid, check: &mut Check) -> Option<Incoming> {
    let data = attributes.remove("data").unwrap_or_default();
    if attributes.remove("data_base64").is_some() {
        check.error(format!("{at}data_base64"), FieldError::new("not-json", "events-field-json"));
    }
    if has_nul(&data) {
        check.error(format!("{at}data"), FieldError::control_characters());
    }
    let mut reader = Reader { at, attributes: &mut attributes, check };
    let version = reader.text("specversion", Need::Must);
    if version.as_deref().is_some_and(|version| version != "1.0") {
        reader.wrong("specversion", FieldError::not_one_of(&["1.0"]));
    }
    let id = reader.text("id", Need::Must);
    let source = reader.text("source", Need::Must);
    let kind = reader.text("type", Need::Must);
    if kind.as_deref().is_some_and(|kind| !is_type(kind)) {
        reader.wrong("type", FieldError::new("invalid-type", "events-field-type"));
    }
    let subject = reader.text("subject", Need::May);
    let time = reader.text("time", Need::May);
    if time.as_deref().is_some_and(|time| time.parse::<Timestamp>().is_err()) {
        reader.wrong("time", FieldError::timestamp());
    }
    let schema = reader.text("dataschema", Need::May);
    let content = reader.text("datacontenttype", Need::May);
    if content.as_deref().is_some_and(|kind| !is_json(kind)) {
        reader.wrong("datacontenttype", FieldError::new("not-json", "events-field-json"));
    }
    // It happened in the caller's tenant, whatever is said; whoever says another one has mistaken themselves.
    let named = reader.text("tenant", Need::May);
    if named.is_some_and(|named| named.parse::<Uuid>().ok() != Some(tenant)) {
        reader.wrong("tenant", FieldError::new("other-tenant", "events-field-tenant"));
    }
    let number = reader.number("dataversion");
    let extensions = reader.extensions();
    let mut origin = Map::new();
    let known =
        [("time", time), ("dataschema", schema), ("subject", subject.clone()), ("id", id.clone()), ("source", source.clone())];
    origin.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))));
    if !extensions.is_empty() {
        origin.insert("extensions".to_owned(), Value::Object(extensions));
    }
    let content = json!({ "origin": origin, "data": data });
    if content.to_string().len() > banyan_store::LARGEST_EVENT {
        check.error(
            format!("{at}data"),
            FieldError::new("too-large", "events-field-size").with("most", banyan_store::LARGEST_EVENT),
        );
    }
    let source = source?;
    // What the program keeps in order is its own matter where it names no subject.
    let subject = subject.unwrap_or_else(|| source.clone());
    Some(Incoming { id: id?, source, kind: kind?, subject, version: number.unwrap_or(1), content })
}

/// Whether an attribute has to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}

/// Takes attributes out, and notes what is wrong with them.
struct Reader<'r> {
    at: &'r str,
    attributes: &'r mut Map<String, Value>,
    check: &'r mut Check,
}

impl Reader<'_> {
    fn wrong(&mut self, name: &str, error: FieldError) {
        self.check.error(format!("{}{name}", self.at), error);
    }

    fn text(&mut self, name: &'static str, need: Need) -> Option<String> {
        let error = match self.attributes.remove(name) {
            None | Some(Value::Null) if need == Need::May => return None,
            None | Some(Value::Null) => FieldError::required(),
            Some(Value::String(text)) => match wrong_text(&text) {
                None => return Some(text),
                Some(error) => error,
            },
            Some(_) => FieldError::wrong_type(banyan_http::problem::Expected::Text),
        };
        self.wrong(name, error);
        None
    }

    /// A version from 1 up; a text in binary mode.
    fn number(&mut self, name: &'static str) -> Option<u32> {
        let number = match self.attributes.remove(name)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        let number = number.filter(|number| (1..=i32::MAX.unsigned_abs()).contains(number));
        if number.is_none() {
            self.wrong(name, FieldError::out_of_range(1_i64, i64::from(i32::MAX)));
        }
        number
    }

    /// Whatever is left: names of 1 to 20 small letters and digits, with a text, a number or a switch.
    fn extensions(&mut self) -> Map<String, Value> {
        let all = std::mem::take(self.attributes);
        if all.len() > MOST_EXTENSIONS {
            self.wrong("extensions", FieldError::too_many(MOST_EXTENSIONS));
            return Map::new();
        }
        for (name, value) in &all {
            let named =
                (1..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            let shown: String = name.chars().filter(char::is_ascii_graphic).take(20).collect();
            match value {
                _ if !named => self.wrong(&shown, FieldError::new("invalid-name", "events-field-extension")),
                Value::String(text) => {
                    if let Some(error) = wrong_text(text) {
                        self.wrong(&shown, error);
                    }
                }
                Value::Bool(_) => {}
                Value::Number(number) if number.is_i64() => {}
                _ => self.wrong(&shown, FieldError::wrong_type(banyan_http::problem::Expected::Text)),
            }
        }
        all
    }
}

fn wrong_text(text: &str) -> Option<FieldError> {
    if text.trim().is_empty() {
        return Some(FieldError::blank());
    }
    if text.contains(char::is_control) {
        return Some(FieldError::control_characters());
    }
    (text.chars().count() > LONGEST_ATTRIBUTE).then(|| FieldError::too_long(LONGEST_ATTRIBUTE))
}

/// Words of letters, digits, `-` and `_` with points between them, at least two: what every broker carries.
pub(crate) fn is_type(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let word = |word: &str| !word.is_empty() && word.chars().all(plain);
    text.len() <= 200 && text.contains('.') && text.split('.').all(word)
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// U+0000, which no store keeps.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(all) => all.iter().any(has_nul),
        Value::Object(all) => all.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_headers_are_read() {
        assert_eq!(unescaped("Euro%20%E2%82%AC").as_deref(), Some("Euro €"));
        for bad in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(unescaped(bad), None, "{bad}");
        }
    }

    #[test]
    fn types_have_words_and_points() {
        for good in ["com.example.order", "a.b", "x-y.z_1"] {
            assert!(is_type(good), "{good}");
        }
        for bad in ["", "a", "a.", ".a", "a..b", "a.b c", "a.*", "a.>", "ö.b", &"a.".repeat(150)] {
            assert!(!is_type(bad), "{bad}");
        }
    }
}
