//! What a split tells of itself.

use serde::Serialize;

use super::judge::{RollBack, Seen};

/// One run of a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SplitReport {
    pub name: String,
    /// As the route file says it.
    pub generation: u64,
    /// The baseline first.
    pub sides: Vec<SideReport>,
    /// Where copies are sent.
    pub shadow: Option<ShadowReport>,
    /// Why all traffic went back.
    pub rolled_back: Option<RollBack>,
}

/// What one side did since the run began.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SideReport {
    pub name: String,
    #[serde(flatten)]
    pub seen: Seen,
    /// Half of the answers came within it, in milliseconds.
    pub p50_ms: f64,
}

/// What became of copies, and in what their answers differed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowReport {
    pub sent: u64,
    pub same: u64,
    pub different: u64,
    /// Not sent: the queue was full.
    pub dropped: u64,
    /// Not sent or not compared: a body was too large or broke off.
    pub skipped: u64,
    /// No answer in time.
    pub late: u64,
    /// Where they differed, the most frequent first.
    pub fields: Vec<FieldReport>,
}

/// Differences at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldReport {
    /// `status`, `header content-type`, `body`, or a JSON pointer in which `*` stands for any place of a list.
    pub field: String,
    pub count: u64,
    pub examples: Vec<Values>,
}

/// One difference as it was seen. Texts are shortened; unless the split says otherwise, only their kind is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Values {
    /// Method and path.
    pub request: String,
    /// None: it was not there.
    pub baseline: Option<String>,
    pub shadow: Option<String>,
}
