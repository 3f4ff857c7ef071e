//! Putting the services' documents together.

use std::collections::BTreeMap;

use utoipa::openapi::info::{InfoBuilder, License};
use utoipa::openapi::{OpenApi, OpenApiBuilder, PathItem, Tag};

use super::common;
use super::complete::complete;
use super::operation::{methods, operations};

const DESCRIPTION: &str = "All calls of this installation. Errors are RFC 9457 problems with a code of a closed list, each documented \
    under `/errors/<code>`. `/api/…` without a version is the current version. Text follows `Accept-Language`.";

/// Two services say different things, or one says too little.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    #[error("{method} {path} is described by two services")]
    Operation { method: String, path: String },
    #[error("two services call different things `{name}`: name one of them otherwise with #[schema(as = …)]")]
    Schema { name: String },
    #[error("{method} {path} has no operation_id")]
    NoOperationId { method: String, path: String },
    #[error("the operation_id `{id}` is used twice")]
    OperationId { id: String },
}

/// One document of all services' documents, in the same form whatever their order, with what every call has in common: the bearer
/// scheme, the problems that it may answer, its header parameters. `version` is the program's.
///
/// # Errors
/// Where services contradict each other; see [`MergeError`].
pub fn merge<'a>(version: &str, documents: impl IntoIterator<Item = &'a OpenApi>) -> Result<OpenApi, MergeError> {
    let license = License::builder().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
    let info = InfoBuilder::new().title("Banyan").version(version).description(Some(DESCRIPTION)).license(Some(license)).build();
    let mut merged = OpenApiBuilder::new().info(info).build();
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    for document in documents {
        for (path, item) in &document.paths.paths {
            add_path(&mut merged, path, item)?;
        }
        add_components(&mut merged, document)?;
        tags.extend(document.tags.iter().flatten().map(|tag| (tag.name.clone(), tag.clone())));
    }
    check_ids(&merged)?;
    for tag in used_tags(&merged) {
        tags.entry(tag.clone()).or_insert_with(|| Tag::new(tag));
    }
    merged.tags = Some(tags.into_values().collect());
    common::add(&mut merged);
    complete(&mut merged);
    Ok(merged)
}

/// The document as it is checked in and served: indented, with a line feed at the end.
///
/// # Errors
/// Never for documents that [`merge`] made.
pub fn text(document: &OpenApi) -> Result<String, serde_json::Error> {
    Ok(document.to_pretty_json()? + "\n")
}

fn add_path(merged: &mut OpenApi, path: &str, item: &PathItem) -> Result<(), MergeError> {
    let Some(known) = merged.paths.paths.get_mut(path) else {
        merged.paths.paths.insert(path.to_owned(), item.clone());
        return Ok(());
    };
    let taken = methods(known);
    if let Some((method, _)) = methods(item).into_iter().find(|(method, _)| taken.iter().any(|(other, _)| other == method)) {
        return Err(MergeError::Operation { method: method.to_string(), path: path.to_owned() });
    }
    known.merge_operations(item.clone());
    Ok(())
}

fn add_components(merged: &mut OpenApi, document: &OpenApi) -> Result<(), MergeError> {
    let Some(components) = &document.components else { return Ok(()) };
    let all = merged.components.get_or_insert_default();
    for (name, schema) in &components.schemas {
        if all.schemas.get(name).is_some_and(|known| known != schema) {
            return Err(MergeError::Schema { name: name.clone() });
        }
        all.schemas.insert(name.clone(), schema.clone());
    }
    all.responses.extend(components.responses.clone());
    all.parameters.extend(components.parameters.clone());
    all.examples.extend(components.examples.clone());
    Ok(())
}

fn check_ids(merged: &OpenApi) -> Result<(), MergeError> {
    let mut seen = BTreeMap::new();
    for operation in operations(merged) {
        if operation.id.is_empty() {
            return Err(MergeError::NoOperationId { method: operation.method.to_string(), path: operation.path });
        }
        if seen.insert(operation.id.clone(), ()).is_some() {
            return Err(MergeError::OperationId { id: operation.id });
        }
    }
    Ok(())
}

fn used_tags(document: &OpenApi) -> Vec<String> {
    let items = document.paths.paths.values();
    items.flat_map(methods).flat_map(|(_, operation)| operation.tags.clone().unwrap_or_default()).collect()
}
