//! What a split tells of itself.

use banyan_contracts::splits::{ShadowReport, SideReport};
use serde::Serialize;

use super::judge::RollBack;

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
