//! What commands send to a service's API, and how they show what it refuses.

use anyhow::anyhow;
use serde_json::Value;

/// As a part of a path or query (RFC 3986 §2.1).
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A problem (RFC 9457) as a person reads it; `otherwise` where it says nothing.
pub(super) fn refusal(problem: &Value, otherwise: &str) -> anyhow::Error {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields = problem["errors"].as_array().cloned().unwrap_or_default();
    if fields.is_empty() {
        let said = problem["detail"].as_str().or(problem["title"].as_str());
        return anyhow!("{}", said.unwrap_or(otherwise));
    }
    let fields: Vec<String> =
        fields.iter().map(|field| format!("`{}`: {}", text(&field["field"]), text(&field["message"]))).collect();
    anyhow!("{}", fields.join("\n       "))
}
