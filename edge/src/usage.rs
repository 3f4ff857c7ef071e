//! Counts who asked for what, in cells that each worker has to itself, until somebody takes the counts away.

#![allow(clippy::mutable_key_type, reason = "a pattern compares and hashes by its text, which does not change")]

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::usage::{KeyOwner, UsageCounts, UsageRow};
use banyan_kernel::{Timestamp, Uuid};
use banyan_telemetry::RouteMeter;
use banyan_telemetry::metrics::PerWorker;
use http::StatusCode;
use parking_lot::Mutex;

/// Of one worker between two takings. What comes beyond is counted for its tenant alone.
const MOST_CELLS: usize = 10_000;
/// Even more tenants than that at once are counted together, for nobody.
const MOST_TENANTS: usize = 10_000;

/// The route of what is beyond the bound.
const OTHER: &str = "_other";

/// Counts usage. One for all workers; cheap to clone.
#[derive(Clone, Default)]
pub struct UsageBook(Arc<PerWorker<Mutex<Cells>>>);

type Cells = HashMap<Cell, UsageCounts>;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Cell {
    tenant: Uuid,
    hour: Timestamp,
    key: Option<KeyOwner>,
    /// None beyond the bound.
    route: Option<Pattern>,
    version: u32,
}

/// A route by the place of its meter, so that nothing is copied for a request.
#[derive(Clone)]
struct Pattern(Arc<RouteMeter>);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.pattern() == other.0.pattern()
    }
}

impl Eq for Pattern {}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.pattern().hash(state);
    }
}

/// An answered request.
#[derive(Clone)]
pub(crate) struct Used<'r> {
    pub(crate) tenant: Uuid,
    pub(crate) key: Option<KeyOwner>,
    pub(crate) route: &'r Arc<RouteMeter>,
    pub(crate) version: u32,
    pub(crate) status: StatusCode,
    pub(crate) elapsed: Duration,
}

impl UsageBook {
    pub(crate) fn note(&self, used: &Used<'_>, now: Timestamp) {
        let counts = UsageCounts {
            requests: 1,
            refused: used.status.is_client_error().into(),
            limited: (used.status == StatusCode::TOO_MANY_REQUESTS).into(),
            failed: used.status.is_server_error().into(),
            micros: i64::try_from(used.elapsed.as_micros()).unwrap_or(i64::MAX),
        };
        let hour = Timestamp::from_seconds(now.seconds().div_euclid(3_600) * 3_600);
        let cell =
            Cell { tenant: used.tenant, hour, key: used.key, route: Some(Pattern(used.route.clone())), version: used.version };
        let mut cells = self.0.local().lock();
        if let Some(known) = cells.get_mut(&cell) {
            known.add(&counts);
            return;
        }
        let cell = match cells.len() {
            0..MOST_CELLS => cell,
            length if length < MOST_CELLS + MOST_TENANTS => Cell { key: None, route: None, ..cell },
            _ => Cell { tenant: Uuid::nil(), key: None, route: None, ..cell },
        };
        cells.entry(cell).or_default().add(&counts);
    }

    /// What was counted since the last time. What is taken is the taker's to keep.
    pub fn take(&self) -> Vec<UsageRow> {
        let mut all = Cells::new();
        for worker in self.0.iter() {
            for (cell, counts) in std::mem::take(&mut *worker.lock()) {
                all.entry(cell).or_default().add(&counts);
            }
        }
        all.into_iter().map(|(cell, counts)| cell.row(counts)).collect()
    }
}

impl Cell {
    fn row(self, counts: UsageCounts) -> UsageRow {
        let route = self.route.as_ref().map_or(OTHER, |pattern| pattern.0.pattern()).to_owned();
        UsageRow { tenant: self.tenant, hour: self.hour, key: self.key, route, version: self.version, counts }
    }
}

impl fmt::Debug for UsageBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageBook").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_telemetry::HttpMetrics;

    const NOW: Timestamp = Timestamp::from_seconds(1_705_312_830);

    fn used(tenant: u128, route: &Arc<RouteMeter>, status: StatusCode) -> Used<'_> {
        Used { tenant: Uuid::from_u128(tenant), key: None, route, version: 1, status, elapsed: Duration::from_micros(50) }
    }

    #[test]
    fn requests_add_up_by_hour_and_what_became_of_them() {
        let (book, metrics) = (UsageBook::default(), HttpMetrics::default());
        let route = metrics.route("/api/v1/goals");
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for status in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_GATEWAY]
                    {
                        book.note(&used(1, &route, status), NOW);
                    }
                });
            }
        });
        book.note(&used(1, &route, StatusCode::OK), NOW.plus_seconds(3_600));
        let mut rows = book.take();
        rows.sort_by_key(|row| row.hour);
        let counts = UsageCounts { requests: 16, refused: 8, limited: 4, failed: 4, micros: 800 };
        assert_eq!((rows.len(), &rows[0].counts, rows[0].route.as_str()), (2, &counts, "/api/v1/goals"));
        assert_eq!((rows[0].hour.seconds() % 3_600, rows[1].counts.requests), (0, 1));
        assert_eq!(book.take(), []);
    }

    #[test]
    fn a_flood_of_keys_stays_bounded_and_every_request_counts() {
        let (book, metrics) = (UsageBook::default(), HttpMetrics::default());
        let route = metrics.route("/api/v1/goals");
        for number in 0..40_000_u128 {
            let key = Some(KeyOwner { key: Uuid::from_u128(number), user: Uuid::nil() });
            book.note(&Used { key, ..used(number, &route, StatusCode::OK) }, NOW);
        }
        let rows = book.take();
        assert!(rows.len() <= MOST_CELLS + MOST_TENANTS + 1, "{}", rows.len());
        assert_eq!(rows.iter().map(|row| row.counts.requests).sum::<i64>(), 40_000);
        assert!(rows.iter().any(|row| row.route == OTHER && row.tenant.is_nil()));
    }
}
