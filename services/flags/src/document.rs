//! A flag as one document, what differs between two of them, and how one change is taken back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::entity::flag::Model;

/// One member that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FlagDifference)]
pub(crate) struct Difference {
    /// A JSON pointer (RFC 6901): `/environments/production/enabled`.
    pub(crate) path: String,
    #[schema(value_type = Object)]
    pub(crate) before: Value,
    #[schema(value_type = Object)]
    pub(crate) after: Value,
}

/// All that can be changed of a flag.
pub(crate) fn of(row: &Model) -> Value {
    json!({
        "type": row.kind,
        "description": row.description,
        "owner": row.owner,
        "project": row.project,
        "stale": row.stale,
        "impressionData": row.impression_data,
        "tags": row.tags,
        "dependencies": row.dependencies,
        "expiresAt": row.expires_at,
        "archivedAt": row.archived_at,
        "environments": row.settings,
    })
}

/// The row as a document says. What does not fit stays as it is.
pub(crate) fn apply(row: &mut Model, document: &Value) {
    fn read<T: serde::de::DeserializeOwned>(document: &Value, member: &str, into: &mut T) {
        if let Ok(value) = serde_json::from_value(document[member].clone()) {
            *into = value;
        }
    }
    read(document, "type", &mut row.kind);
    read(document, "description", &mut row.description);
    read(document, "owner", &mut row.owner);
    read(document, "project", &mut row.project);
    read(document, "stale", &mut row.stale);
    read(document, "impressionData", &mut row.impression_data);
    read(document, "tags", &mut row.tags);
    read(document, "dependencies", &mut row.dependencies);
    read(document, "expiresAt", &mut row.expires_at);
    read(document, "archivedAt", &mut row.archived_at);
    read(document, "environments", &mut row.settings);
}

/// What differs: objects member by member, all else as a whole.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let nothing = Map::new();
    match (before, after) {
        (Value::Object(_), Value::Object(_)) => {}
        _ if before == after => return,
        _ => return found.push(Difference { path: path.to_owned(), before: before.clone(), after: after.clone() }),
    }
    let (old, new) = (before.as_object().unwrap_or(&nothing), after.as_object().unwrap_or(&nothing));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        compare(&path, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), found);
    }
}

/// `present` with a change taken back.
///
/// # Errors
/// The places that were changed again since.
pub(crate) fn undone(present: &Value, changes: &[Difference]) -> Result<Value, Vec<String>> {
    let mut document = present.clone();
    let mut changed_since = Vec::new();
    for change in changes {
        if document.pointer(&change.path).unwrap_or(&Value::Null) != &change.after {
            changed_since.push(change.path.clone());
            continue;
        }
        put(&mut document, &change.path, change.before.clone());
    }
    if changed_since.is_empty() { Ok(document) } else { Err(changed_since) }
}

/// Nothing at a path removes the member.
fn put(document: &mut Value, path: &str, value: Value) {
    let Some((parent, name)) = path.rsplit_once('/') else {
        *document = value;
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let Some(Value::Object(members)) = document.pointer_mut(parent) else { return };
    if value.is_null() && parent == "/environments" {
        members.remove(&name);
    } else {
        members.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_taken_back_where_nothing_came_after() {
        let first = json!({ "stale": false, "environments": { "production": { "enabled": false, "strategies": [] } } });
        let second = json!({ "stale": false, "environments": { "production": { "enabled": true, "strategies": [] }, "a/b": { "enabled": true } } });
        let changes = differences(&first, &second);
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["/environments/a~1b", "/environments/production/enabled"]);
        let mut third = second;
        third["stale"] = json!(true);
        let mut wanted = first.clone();
        wanted["stale"] = json!(true);
        assert_eq!(undone(&third, &changes).unwrap(), wanted, "what was changed beside it stays");
        third["environments"]["production"]["enabled"] = json!(false);
        assert_eq!(undone(&third, &changes).unwrap_err(), ["/environments/production/enabled"]);
        assert!(differences(&first, &first).is_empty());
    }
}
