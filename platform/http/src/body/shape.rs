//! Compares a document with the schema of a type, so that all bad fields are named at once. Runs only for bodies that were refused.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOf, AnyOf, Array, ArrayItems, KnownFormat, Object, OneOf, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Number, ToSchema};

use super::document::join;
use crate::FieldError;
use crate::problem::{Argument, Expected};
use crate::validate::Check;

/// Deeper than any schema of ours; ends a schema that refers to itself without taking anything of the document.
const DEEPEST: usize = 200;

/// Names everything in `document` that `T`'s schema does not allow.
pub(super) fn check<T: ToSchema>(document: &Value, check: &mut Check) {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let schemas = Schemas { named: named.into_iter().collect() };
    schemas.check(document, &T::schema(), "", 0, check);
}

/// Names lists where an object is asked for. serde takes them, member by member in the order of the fields; JSON does not.
#[cold]
pub(super) fn lists_for_objects<T: ToSchema>(document: &Value) -> Vec<(String, FieldError)> {
    let mut found = Check::new();
    check::<T>(document, &mut found);
    found.into_errors().into_iter().filter(|(_, error)| error.code() == "wrong-type").collect()
}

struct Schemas {
    named: BTreeMap<String, RefOr<Schema>>,
}

impl Schemas {
    fn check(&self, value: &Value, schema: &RefOr<Schema>, path: &str, depth: usize, check: &mut Check) {
        if depth > DEEPEST || check.is_full() {
            return;
        }
        match schema {
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
                if let Some(schema) = self.named.get(name) {
                    self.check(value, schema, path, depth + 1, check);
                }
            }
            RefOr::T(Schema::Object(object)) => self.object(value, object, path, depth, check),
            RefOr::T(Schema::Array(array)) => self.array(value, array, path, depth, check),
            RefOr::T(Schema::AllOf(AllOf { items, .. })) => self.all_of(value, items, path, depth, check),
            RefOr::T(Schema::OneOf(OneOf { items, .. }) | Schema::AnyOf(AnyOf { items, .. })) => {
                self.any_of(value, items, path, depth, check);
            }
            RefOr::T(_) => {}
        }
    }

    fn object(&self, value: &Value, object: &Object, path: &str, depth: usize, check: &mut Check) {
        if !fits(value, &object.schema_type) {
            check.error(path, wrong_type(&object.schema_type));
            return;
        }
        if let Some(allowed) = &object.enum_values
            && !allowed.contains(value)
        {
            let words: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
            check.error(path, FieldError::not_one_of(&words));
            return;
        }
        match value {
            Value::Object(members) => {
                for name in object.required.iter().filter(|name| !members.contains_key(*name)) {
                    check.error(join(path, name), FieldError::required());
                }
                for (name, member) in members {
                    let path = join(path, name);
                    match (object.properties.get(name), object.additional_properties.as_deref()) {
                        (Some(schema), _) | (None, Some(AdditionalProperties::RefOr(schema))) => {
                            self.check(member, schema, &path, depth + 1, check);
                        }
                        (None, Some(AdditionalProperties::FreeForm(false))) => check.error(path, FieldError::unknown()),
                        (None, _) => {}
                    }
                }
            }
            Value::String(text) => check_text(text, object, path, check),
            Value::Number(number) => check_number(number, object, path, check),
            _ => {}
        }
    }

    fn array(&self, value: &Value, array: &Array, path: &str, depth: usize, check: &mut Check) {
        let Value::Array(items) = value else {
            if !fits(value, &array.schema_type) {
                check.error(path, wrong_type(&array.schema_type));
            }
            return;
        };
        let (minimum, maximum) = (array.min_items.unwrap_or(0), array.max_items.unwrap_or(usize::MAX));
        check.count(path, items, minimum, maximum);
        if let ArrayItems::RefOrSchema(schema) = &array.items {
            for (at, item) in items.iter().enumerate() {
                if check.is_full() {
                    break;
                }
                self.check(item, schema, &format!("{path}[{at}]"), depth + 1, check);
            }
        }
    }

    /// Parts of one object, as `#[serde(flatten)]` gives them: no part may call the other's fields unknown.
    fn all_of(&self, value: &Value, parts: &[RefOr<Schema>], path: &str, depth: usize, check: &mut Check) {
        for part in parts {
            let mut found = Check::new();
            self.check(value, part, path, depth + 1, &mut found);
            let alone = parts.len() == 1;
            found
                .into_errors()
                .into_iter()
                .filter(|(_, error)| alone || error.code() != "unknown")
                .for_each(|(field, error)| check.error(field, error));
        }
    }

    /// One of them has to fit; otherwise the nearest one's errors are named: that with the fewest.
    fn any_of(&self, value: &Value, choices: &[RefOr<Schema>], path: &str, depth: usize, check: &mut Check) {
        let mut nearest: Option<Vec<(String, FieldError)>> = None;
        for choice in choices {
            let mut found = Check::new();
            self.check(value, choice, path, depth + 1, &mut found);
            let errors = found.into_errors();
            if errors.is_empty() {
                return;
            }
            // A choice of another type altogether says nothing; `null` stands beside every optional object.
            let near = |errors: &[(String, FieldError)]| {
                (errors.iter().any(|(field, error)| field == path && error.code() == "wrong-type"), errors.len())
            };
            if nearest.as_deref().is_none_or(|known| near(&errors) < near(known)) {
                nearest = Some(errors);
            }
        }
        for (field, error) in nearest.unwrap_or_default() {
            check.error(field, error);
        }
    }
}

fn check_text(text: &str, object: &Object, path: &str, check: &mut Check) {
    let error = match &object.format {
        Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)) => uuid::Uuid::parse_str(text).is_err().then(FieldError::uuid),
        Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)) => {
            text.parse::<banyan_kernel::Timestamp>().is_err().then(FieldError::timestamp)
        }
        Some(SchemaFormat::KnownFormat(KnownFormat::Date)) => {
            check.line(path, text).date().any();
            None
        }
        _ => None,
    };
    if let Some(error) = error {
        check.error(path, error);
    }
    check.text(path, text).length(object.min_length.unwrap_or(0), object.max_length.unwrap_or(usize::MAX)).any();
}

fn check_number(number: &serde_json::Number, object: &Object, path: &str, check: &mut Check) {
    let Some(number) = number.as_f64() else { return };
    let (minimum, maximum) = (object.minimum.as_ref(), object.maximum.as_ref());
    let below = minimum.is_some_and(|minimum| number < real(minimum));
    let above = maximum.is_some_and(|maximum| number > real(maximum));
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) if below || above => {
            check.error(path, FieldError::out_of_range(argument(minimum), argument(maximum)));
        }
        (Some(minimum), None) if below => check.error(path, FieldError::too_small(argument(minimum))),
        (None, Some(maximum)) if above => check.error(path, FieldError::too_large(argument(maximum))),
        _ => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "bounds are small")]
fn real(number: &Number) -> f64 {
    match number {
        Number::Int(value) => *value as f64,
        Number::UInt(value) => *value as f64,
        Number::Float(value) => *value,
    }
}

fn argument(number: &Number) -> Argument {
    match number {
        Number::Int(value) => Argument::Integer(*value as i64),
        Number::UInt(value) => Argument::from(*value),
        Number::Float(value) => Argument::Real(*value),
    }
}

fn fits(value: &Value, kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => is_of(value, kind),
        SchemaType::Array(kinds) => kinds.iter().any(|kind| is_of(value, kind)),
        SchemaType::AnyValue => true,
    }
}

fn is_of(value: &Value, kind: &Type) -> bool {
    match kind {
        Type::Object => value.is_object(),
        Type::String => value.is_string(),
        Type::Integer => value.is_i64() || value.is_u64(),
        Type::Number => value.is_number(),
        Type::Boolean => value.is_boolean(),
        Type::Array => value.is_array(),
        Type::Null => value.is_null(),
    }
}

fn wrong_type(kind: &SchemaType) -> FieldError {
    let wanted = match kind {
        SchemaType::Type(kind) => Some(kind),
        SchemaType::Array(kinds) => kinds.iter().find(|kind| **kind != Type::Null),
        SchemaType::AnyValue => None,
    };
    FieldError::wrong_type(match wanted {
        Some(Type::String) => Expected::Text,
        Some(Type::Integer) => Expected::Integer,
        Some(Type::Number) => Expected::Number,
        Some(Type::Boolean) => Expected::Boolean,
        Some(Type::Array) => Expected::Array,
        Some(Type::Null) => Expected::Null,
        Some(Type::Object) | None => Expected::Object,
    })
}
