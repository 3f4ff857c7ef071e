//! The calls that a document describes: for tests that must not forget one.

use http::Method;
use utoipa::openapi::path::{Operation as Described, PathItem};
use utoipa::openapi::{OpenApi, SecurityRequirement};

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

/// An empty list of requirements, or an empty requirement in it, lets everybody in (OpenAPI 3.1 §4.8.10).
pub(super) fn access(operation: &Described) -> Access {
    let empty = SecurityRequirement::default();
    match &operation.security {
        Some(requirements) if requirements.is_empty() || requirements.contains(&empty) => Access::Anonymous,
        _ => Access::SignedIn,
    }
}
