//! What the program says that it takes, read from its own OpenAPI document.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::harness::Place;

/// One call.
pub(super) struct Call {
    pub(super) method: String,
    /// With its parameters: `/api/v1/goals/{id}`.
    pub(super) pattern: String,
    pub(super) body: Option<BodyOf>,
    /// Names of its query parameters.
    pub(super) query: BTreeSet<String>,
}

/// The body that a call takes.
pub(super) struct BodyOf {
    /// Whether the call can do without.
    pub(super) optional: bool,
    /// A good one, where the document gives it; else an empty object.
    pub(super) example: Map<String, Value>,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: String,
    /// JSON types that it takes.
    pub(super) types: BTreeSet<String>,
}

/// Every call, from the program's mouth.
pub(super) fn calls(place: &Place) -> Vec<Call> {
    let document: Value = serde_json::from_str(&place.run(&["openapi"]).good()).unwrap();
    let mut calls = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            calls.push(Call {
                method: method.to_ascii_uppercase(),
                pattern: pattern.clone(),
                body: (!schema.is_null()).then(|| BodyOf::read(&document, schema)),
                query: query.filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned())).collect(),
            });
        }
    }
    calls
}

impl Call {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }
}

impl BodyOf {
    fn read(document: &Value, schema: &Value) -> Self {
        let alternatives = alternatives(document, schema);
        let object = alternatives.iter().find(|one| one["properties"].is_object()).cloned().unwrap_or_default();
        let properties = object["properties"].as_object().cloned().unwrap_or_default();
        let field = |(name, schema): (&String, &Value)| Field { name: name.clone(), types: types(document, schema) };
        Self {
            optional: alternatives.iter().any(|one| one["type"] == "null"),
            example: object["example"].as_object().cloned().unwrap_or_default(),
            fields: properties.iter().map(field).collect(),
        }
    }
}

/// The schemas of which one must fit.
fn alternatives(document: &Value, schema: &Value) -> Vec<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return alternatives(document, &document["components"]["schemas"][name]);
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[word].as_array() {
            return parts.iter().flat_map(|part| alternatives(document, part)).collect();
        }
    }
    vec![schema.clone()]
}

fn types(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for one in alternatives(document, schema) {
        match &one["type"] {
            Value::String(kind) => {
                types.insert(kind.clone());
            }
            Value::Array(kinds) => types.extend(kinds.iter().filter_map(|kind| Some(kind.as_str()?.to_owned()))),
            _ => {}
        }
    }
    types
}
