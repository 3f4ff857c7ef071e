//! Contexts as clients send them.

use banyan_features::Context;
use banyan_kernel::Timestamp;
use serde_json::{Map, Value};

/// What a context may hold.
pub(crate) struct Most;

impl Most {
    pub(crate) const PROPERTIES: usize = 100;
    /// Of a name or a value, in bytes.
    pub(crate) const BYTES: usize = 2_000;
}

/// Why something is no context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadContext {
    /// There are more than [`Most::PROPERTIES`].
    TooMany,
    /// Longer than [`Most::BYTES`].
    TooLong(String),
    /// Neither text, number nor truth value.
    WrongType(String),
    NoTime,
}

/// The fields that have a name of their own, and all others as properties, whether they stand in `properties` or beside it.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn context_of(mut fields: Map<String, Value>) -> Result<Context, BadContext> {
    let mut context = Context::default();
    let properties = match fields.remove("properties") {
        Some(Value::Object(properties)) => properties,
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err(BadContext::WrongType("properties".to_owned())),
    };
    // What stands outside goes before.
    for (name, value) in properties.into_iter().chain(fields) {
        let Some(text) = text_of(&name, value)? else { continue };
        match name.as_str() {
            "userId" => context.user_id = Some(text),
            "sessionId" => context.session_id = Some(text),
            "appName" => context.app_name = Some(text),
            "environment" => context.environment = Some(text),
            "remoteAddress" => context.remote_address = Some(text),
            "currentTime" => context.current_time = Some(text.parse::<Timestamp>().map_err(|_| BadContext::NoTime)?),
            _ => drop(context.properties.insert(name, text)),
        }
        if context.properties.len() > Most::PROPERTIES {
            return Err(BadContext::TooMany);
        }
    }
    Ok(context)
}

/// None for what is empty or null, which says nothing.
fn text_of(name: &str, value: Value) -> Result<Option<String>, BadContext> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(_) | Value::Object(_) => return Err(BadContext::WrongType(shortened(name))),
    };
    if name.len() > Most::BYTES || text.len() > Most::BYTES {
        return Err(BadContext::TooLong(shortened(name)));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn shortened(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Context, BadContext> {
        let Value::Object(fields) = value else { panic!("an object") };
        context_of(fields)
    }

    #[test]
    fn what_has_no_name_of_its_own_is_a_property() {
        let context = read(json!({
            "userId": 7, "sessionId": "s", "appName": null, "plan": "gold", "currentTime": "2024-01-15T10:00:00+07:00",
            "properties": { "beta": true, "remoteAddress": "10.0.0.1", "plan": "free", "empty": "" },
        }))
        .unwrap();
        assert_eq!((context.user_id.as_deref(), context.session_id.as_deref()), (Some("7"), Some("s")));
        assert_eq!((context.app_name, context.remote_address.as_deref()), (None, Some("10.0.0.1")));
        assert_eq!(context.current_time, Some("2024-01-15T03:00:00Z".parse().unwrap()));
        let expected = [("beta", "true"), ("plan", "gold")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(context.properties, expected.into());
    }

    #[test]
    fn what_is_no_context_is_named() {
        assert_eq!(read(json!({ "userId": ["a"] })), Err(BadContext::WrongType("userId".into())));
        assert_eq!(read(json!({ "properties": [] })), Err(BadContext::WrongType("properties".into())));
        assert_eq!(read(json!({ "properties": { "a": {} } })), Err(BadContext::WrongType("a".into())));
        assert_eq!(read(json!({ "currentTime": "soon" })), Err(BadContext::NoTime));
        assert_eq!(read(json!({ "a": "x".repeat(2_001) })), Err(BadContext::TooLong("a".into())));
        let many: Map<String, Value> = (0..101).map(|number| (format!("p{number}"), json!("x"))).collect();
        assert_eq!(context_of(many), Err(BadContext::TooMany));
    }
}
