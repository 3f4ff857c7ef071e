//! Path patterns and what they stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchit::InsertError;

/// A path pattern and the service that owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub service: Arc<str>,
    /// As in OpenAPI: `/api/v1/goals/{id}`.
    pub pattern: Arc<str>,
}

/// Finds the value of a path among patterns: `{name}` stands for one segment, `{*name}` for the rest. A fixed segment
/// goes before a parameter, whatever the order of insertion.
#[derive(Clone)]
pub struct RouteTable<T> {
    tree: matchit::Router<T>,
    patterns: BTreeMap<Box<str>, T>,
}

impl<T: Clone> RouteTable<T> {
    pub fn new() -> Self {
        Self { tree: matchit::Router::new(), patterns: BTreeMap::new() }
    }

    /// # Errors
    /// When the pattern is malformed, or the same paths belong to another pattern.
    pub fn insert(&mut self, pattern: &str, value: T) -> Result<(), InsertError> {
        self.tree.insert(pattern, value.clone())?;
        self.patterns.insert(pattern.into(), value);
        Ok(())
    }

    /// What stands for the path, which must not hold a query.
    pub fn find(&self, path: &str) -> Option<&T> {
        self.tree.at(path).ok().map(|found| found.value)
    }

    /// The value of just this pattern.
    pub fn get(&self, pattern: &str) -> Option<&T> {
        self.patterns.get(pattern)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.patterns.values()
    }
}

impl<T: Clone> Default for RouteTable<T> {
    fn default() -> Self {
        Self::new()
    }
}
