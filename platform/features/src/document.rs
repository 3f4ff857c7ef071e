//! What clients are given of a snapshot: the document of `/api/client/features`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Snapshot;

/// Which part of the flags a client sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// None: all.
    pub projects: Option<BTreeSet<String>>,
    /// Flags whose names begin so.
    pub prefix: String,
    /// Flags that have any of these, as `type:value`. None: all.
    pub tags: BTreeSet<String>,
    pub segments: Segments,
}

/// How segments are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Segments {
    /// As a list, which strategies refer to (client specification 4.2 and later).
    #[default]
    Listed,
    /// Their constraints are put into the strategies, for clients that know no segments.
    Inlined,
}

/// A document as it is sent.
#[derive(Debug)]
pub struct Document {
    /// JSON.
    pub body: bytes::Bytes,
    /// With its quotes.
    pub etag: String,
}

impl Scope {
    pub(crate) fn admits(&self, name: &str, project: &str) -> bool {
        name.starts_with(&self.prefix) && self.projects.as_ref().is_none_or(|projects| projects.contains(project))
    }

    /// The query in the form of Unleash's answers.
    fn query(&self, environment: &str) -> serde_json::Value {
        let mut query = json!({ "environment": environment, "inlineSegmentConstraints": self.segments == Segments::Inlined });
        if let Some(projects) = &self.projects {
            query["project"] = json!(projects);
        }
        if !self.prefix.is_empty() {
            query["namePrefix"] = json!(self.prefix);
        }
        if !self.tags.is_empty() {
            query["tag"] = json!(self.tags.iter().map(|tag| tag.split_once(':').unwrap_or((tag, ""))).collect::<Vec<_>>());
        }
        query
    }
}

impl Document {
    pub(crate) fn of(snapshot: &Snapshot, scope: &Scope) -> Self {
        let query = scope.query(snapshot.environment());
        let hash = digest([query.to_string().as_str()]);
        let hash = &hash[..8];
        // The content is in it, too: a store that was set back would give an earlier revision to something else.
        let etag = format!("\"{hash}:{}:{}\"", snapshot.revision(), snapshot.fingerprint());
        let meta = json!({ "revisionId": snapshot.revision(), "etag": etag, "queryHash": hash });
        let mut body = String::with_capacity(snapshot.size() + 256);
        body.push_str("{\"version\":2,\"features\":[");
        body.push_str(&snapshot.features_in(scope));
        body.push(']');
        let _infallible = write!(body, ",\"query\":{query}");
        if scope.segments == Segments::Listed {
            body.push_str(",\"segments\":[");
            body.push_str(&snapshot.segments_joined());
            body.push(']');
        }
        let _infallible = write!(body, ",\"meta\":{meta}}}");
        Self { body: body.into(), etag }
    }
}

/// In hexadecimal.
pub(crate) fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
