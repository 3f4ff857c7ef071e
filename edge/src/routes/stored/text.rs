//! A definition as the text of a route file, so that both are read by the same code.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{EntryKind, Refusal, StoredEntry};
use crate::routes::diagnosis::Reason;

pub(super) fn of(entry: &StoredEntry) -> Result<String, Box<Refusal>> {
    if entry.definition.contains_key("name") {
        let reason = Reason::of("said-already", "is said by the address already");
        return Err(Box::new(entry.refused("name", reason, "leave it out".to_owned())));
    }
    let mut text = match entry.kind {
        EntryKind::Route => format!("[[routes]]\nname = {}\n", quoted(&entry.name)),
        EntryKind::Upstream => format!("[upstreams.{}]\n", quoted(&entry.name)),
    };
    for (key, value) in &entry.definition {
        let _infallible = write!(text, "{} = ", quoted(key));
        write(&mut text, value, key).map_err(|key| {
            Box::new(entry.refused(&key, Reason::of("null", "is null, which says nothing"), "leave it out".to_owned()))
        })?;
        text.push('\n');
    }
    Ok(text)
}

/// The error is the key of what cannot be written.
fn write(text: &mut String, value: &Value, key: &str) -> Result<(), String> {
    match value {
        Value::Null => return Err(key.to_owned()),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        // A number of JSON is one of TOML.
        Value::Number(number) => {
            let _infallible = write!(text, "{number}");
        }
        Value::String(value) => text.push_str(&quoted(value)),
        Value::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                write(text, value, &format!("{key}[{at}]"))?;
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => write_table(text, members, key)?,
    }
    Ok(())
}

fn write_table(text: &mut String, members: &Map<String, Value>, key: &str) -> Result<(), String> {
    text.push('{');
    for (at, (name, value)) in members.iter().enumerate() {
        let _infallible = write!(text, "{}{} = ", if at == 0 { "" } else { ", " }, quoted(name));
        write(text, value, &format!("{key}.{name}"))?;
    }
    text.push('}');
    Ok(())
}

/// A basic string: the escapes of JSON are TOML's own, but TOML wants one for U+007F, too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
