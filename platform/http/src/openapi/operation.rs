//! The calls that a document describes: for tests that must not forget one.

use http::Method;
use utoipa::openapi::path::{Operation as Described, PathItem};
use utoipa::openapi::{OpenApi, RefOr, Schema, SecurityRequirement};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub method: Method,
    /// With its parameters: `/api/v1/goals/{id}`.
    pub path: String,
    /// `operation_id`; empty where the handler gives none, which a test refuses.
    pub id: String,
    pub access: Access,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: the handler says `security(())`, alone or among others.
    Anonymous,
    /// Somebody who is signed in: what holds unless the handler says otherwise.
    SignedIn,
}

/// Every call, in order of path and method.
pub fn operations(document: &OpenApi) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in methods(item) {
            found.push(Operation {
                method,
                path: path.clone(),
                id: operation.operation_id.clone().unwrap_or_default(),
                access: access(operation),
            });
        }
    }
    found
}

/// The calls that refuse an anonymous caller with 401. A test makes each of them anonymously.
pub fn signed_in_operations(document: &OpenApi) -> Vec<Operation> {
    operations(document).into_iter().filter(|operation| operation.access == Access::SignedIn).collect()
}

impl Operation {
    /// The path with its parameters filled in: UUIDs by a UUID, anything else by `x`.
    pub fn example_path(&self) -> String {
        let parts = self.path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if name.to_ascii_lowercase().ends_with("id") => "0190a5b0-0000-7000-8000-000000000000",
            Some(_) => "x",
            None => part,
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The operations of one path, in a fixed order.
pub(super) fn methods(item: &PathItem) -> Vec<(Method, &Described)> {
    let all = [
        (Method::GET, &item.get),
        (Method::HEAD, &item.head),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
        (Method::OPTIONS, &item.options),
        (Method::TRACE, &item.trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

/// As [`methods`], to be changed.
pub(super) fn methods_mut(item: &mut PathItem) -> Vec<(Method, &mut Described)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::HEAD, &mut item.head),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::TRACE, &mut item.trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?))).collect()
}

/// Every call, to be changed.
pub(crate) fn operations_mut(document: &mut OpenApi) -> Vec<&mut Described> {
    document.paths.paths.values_mut().flat_map(methods_mut).map(|(_, operation)| operation).collect()
}

/// The schemas of JSON request bodies that let unknown fields pass, because `deny_unknown_fields` was forgotten. A test wants none.
pub fn loose_bodies(document: &OpenApi) -> Vec<String> {
    let schemas = document.components.as_ref().map(|components| &components.schemas);
    let mut loose = Vec::new();
    for item in document.paths.paths.values() {
        for (_, operation) in methods(item) {
            let Some(RefOr::T(body)) = &operation.request_body else { continue };
            for content in body.content.values() {
                let RefOr::T(content) = content else { continue };
                let Some(RefOr::Ref(reference)) = &content.schema else { continue };
                let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
                let schema = schemas.and_then(|schemas| schemas.get(name));
                if matches!(schema, Some(RefOr::T(Schema::Object(object))) if object.additional_properties.is_none()) {
                    loose.push(name.to_owned());
                }
            }
        }
    }
    loose.sort();
    loose.dedup();
    loose
}

/// An empty list of requirements, or an empty requirement in it, lets everybody in (OpenAPI 3.1 §4.8.10).
pub(super) fn access(operation: &Described) -> Access {
    let empty = SecurityRequirement::default();
    match &operation.security {
        Some(requirements) if requirements.is_empty() || requirements.contains(&empty) => Access::Anonymous,
        _ => Access::SignedIn,
    }
}
