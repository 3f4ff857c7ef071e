//! Splitting the traffic of a route between two sides, sending copies to the other one, and taking all of it back when that one does worse.
//!
//! The side at 0 is the route's own target, the baseline; every further one is a variant of the file.

pub(crate) mod choose;
pub(crate) mod compare;
pub(crate) mod cookie;
pub(crate) mod entry;
mod judge;
pub(crate) mod observe;
mod report;
pub(crate) mod state;
pub(crate) mod tape;
pub(crate) mod window;

use std::sync::Arc;

use crate::routes::kept::Kept;
use crate::routes::{RouteEntry, Target};
use cookie::CookieKey;
use entry::SplitEntry;
use state::SplitState;

pub use banyan_contracts::splits::{FieldReport, Seen, ShadowReport, SideReport, SplitSums, Values};
pub use judge::{RollBack, WorseBy};
pub use observe::ObservedRoute;
pub use report::SplitReport;

/// The baseline's number among the sides.
pub(crate) const MAIN: usize = 0;

/// A split as requests meet it.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) entry: Arc<SplitEntry>,
    /// One for each variant, in order.
    pub(crate) variants: Box<[Side]>,
    pub(crate) state: Arc<SplitState>,
    pub(crate) cookies: CookieKey,
}

/// Who answers on one side, and how its requests and answers are changed.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) target: Target,
    pub(crate) entry: Arc<RouteEntry>,
    /// How its answers are kept.
    pub(crate) kept: Option<Kept>,
}
