//! Header fields that a route sets, adds and removes. A value is a [`HeaderValue`] before it is put anywhere, so no line can be injected.

use http::{HeaderMap, HeaderName};

use super::template::{Facts, Template};

/// Removed first, then set, then added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderChanges {
    pub(crate) remove: Box<[HeaderName]>,
    pub(crate) set: Box<[(HeaderName, Template)]>,
    pub(crate) add: Box<[(HeaderName, Template)]>,
}

impl HeaderChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty() && self.add.is_empty()
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap, facts: &Facts<'_>) {
        for name in &self.remove {
            headers.remove(name);
        }
        for (name, template) in &self.set {
            // An empty value is none: `{user}` of nobody.
            match template.header(facts).filter(|value| !value.is_empty()) {
                Some(value) => headers.insert(name, value),
                None => headers.remove(name),
            };
        }
        for (name, template) in &self.add {
            if let Some(value) = template.header(facts).filter(|value| !value.is_empty()) {
                headers.append(name, value);
            }
        }
    }
}

/// What frames a message, or says who asks: a route may not touch it.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    let text = name.as_str();
    matches!(
        text,
        "host"
            | "content-length"
            | "transfer-encoding"
            | "connection"
            | "keep-alive"
            | "upgrade"
            | "te"
            | "trailer"
            | "proxy-connection"
            | "banyan-caller"
            | "signature"
            | "signature-input"
            | "x-request-id"
            | "traceparent"
    )
}
