//! `banyan config`: what is set, and by whom.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::database::DatabaseChoice;
use super::load::{Entry, Loaded};

/// For people.
pub(crate) fn as_text(loaded: &Loaded) -> String {
    let mut text = String::new();
    let file = loaded.file.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    let _infallible = writeln!(text, "# file: {file}\n# data directory: {}\n# engine: {}", loaded.data.display(), engine(loaded));
    let mut section = "";
    for entry in &loaded.entries {
        if entry.key.section != section {
            section = entry.key.section;
            let _infallible = writeln!(text, "\n[{section}]");
        }
        let shown = shown(entry);
        let shown = if shown.is_empty() { "(not set)".to_owned() } else { shown };
        let line = format!("{} = {shown}", entry.key.field);
        let _infallible = writeln!(text, "{line:<48} # {}{}", entry.effective().place, overridden(entry));
    }
    for note in &loaded.notes {
        let _infallible = writeln!(text, "\nnote: {note}");
    }
    text
}

fn overridden(entry: &Entry) -> String {
    let others: Vec<String> = entry.candidates[1..].iter().map(|other| other.place.to_string()).collect();
    match others.split_last() {
        Some((_, [])) | None => String::new(),
        Some((_, others)) => format!(", over {}", others.join(", ")),
    }
}

/// For programs.
pub(crate) fn as_json(loaded: &Loaded) -> Value {
    let settings: serde_json::Map<String, Value> = loaded
        .entries
        .iter()
        .map(|entry| {
            let value = Some(shown(entry)).filter(|shown| !shown.is_empty());
            let place = entry.effective().place.to_string();
            let later = entry.key.marks.later;
            (entry.key.name(), json!({ "value": value, "from": place, "effective": later.is_none() }))
        })
        .collect();
    json!({
        "file": loaded.file,
        "dataDirectory": loaded.data,
        "engine": engine(loaded),
        "settings": settings,
        "notes": loaded.notes,
    })
}

fn engine(loaded: &Loaded) -> &'static str {
    match loaded.database {
        DatabaseChoice::Sqlite => "sqlite",
        DatabaseChoice::Postgres(_) => "postgres",
    }
}

/// The value as it may be shown: no secret, and no line break that could forge another line.
fn shown(entry: &Entry) -> String {
    (entry.key.kind.shown)(&entry.effective().text).replace(char::is_control, "\u{fffd}")
}
