//! What is known of a replica, and whether reads may go to it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::fence::Position;

/// As many places of the primary are remembered to tell for how long a replica has been behind.
const MOST_PLACES: usize = 2_048;

/// Whether reads go to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaStanding {
    /// It was not looked at yet.
    Unknown,
    /// Reads go to it.
    Serving,
    /// It is further behind the primary than `max_lag`.
    Behind,
    /// It does not answer in time.
    Unreachable,
    /// It is no standby: it was promoted, or never was one.
    Promoted,
    /// Its data is not a copy of the primary's: another cluster.
    Foreign,
    /// It follows another timeline than the primary's, as after a failover until it has noted that it follows the new primary.
    OtherTimeline,
}

impl ReplicaStanding {
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Serving, Self::Behind, Self::Unreachable, Self::Promoted, Self::Foreign, Self::OtherTimeline];

    /// As metrics and logs write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Serving => "serving",
            Self::Behind => "behind",
            Self::Unreachable => "unreachable",
            Self::Promoted => "promoted",
            Self::Foreign => "foreign",
            Self::OtherTimeline => "other_timeline",
        }
    }
}

/// What a server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Testimony {
    pub(crate) in_recovery: bool,
    pub(crate) system: i64,
    pub(crate) timeline: u32,
    /// How much of the log it has replayed, in bytes.
    pub(crate) replayed: u64,
}

impl Testimony {
    /// One row of it. The control file tells the timeline of the last restart point, and that up to which pages were written.
    pub(crate) const SQL: &str = "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()), \
        greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery())), \
        coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0)";

    pub(crate) fn of(row: &tokio_postgres::Row) -> Self {
        Self {
            in_recovery: row.get(0),
            system: row.get(1),
            timeline: row.get::<_, i32>(2).unsigned_abs(),
            replayed: row.get::<_, i64>(3).unsigned_abs(),
        }
    }

    /// Why a server that says this is no replica of the primary; none where it is one.
    pub(crate) fn objection(&self, primary: &Position) -> Option<ReplicaStanding> {
        if self.system != primary.system {
            return Some(ReplicaStanding::Foreign);
        }
        if !self.in_recovery {
            return Some(ReplicaStanding::Promoted);
        }
        (self.timeline != primary.timeline).then_some(ReplicaStanding::OtherTimeline)
    }
}

/// Where the primary was at times that a replica has not reached.
#[derive(Debug, Default)]
pub(super) struct Unreached(VecDeque<(Instant, u64)>);

impl Unreached {
    /// For how long a replica has missed something, as far as it was seen: zero where it has all that the primary had at the last look.
    pub(super) fn lag(&mut self, now: Instant, primary: u64, replayed: u64) -> Duration {
        if self.0.back().is_none_or(|(_, lsn)| *lsn < primary) && self.0.len() < MOST_PLACES {
            self.0.push_back((now, primary));
        }
        while self.0.front().is_some_and(|(_, lsn)| *lsn <= replayed) {
            self.0.pop_front();
        }
        self.0.front().map_or(Duration::ZERO, |(since, _)| now.saturating_duration_since(*since))
    }

    /// Another timeline begins.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: Position = Position { system: 7, timeline: 2, lsn: 100 };

    #[test]
    fn only_a_standby_of_the_same_cluster_and_timeline_is_a_replica() {
        let good = Testimony { in_recovery: true, system: 7, timeline: 2, replayed: 90 };
        assert_eq!(good.objection(&PRIMARY), None);
        for (said, standing) in [
            (Testimony { in_recovery: false, ..good }, ReplicaStanding::Promoted),
            (Testimony { system: 8, ..good }, ReplicaStanding::Foreign),
            (Testimony { timeline: 1, ..good }, ReplicaStanding::OtherTimeline),
            (Testimony { timeline: 3, ..good }, ReplicaStanding::OtherTimeline),
        ] {
            assert_eq!(said.objection(&PRIMARY), Some(standing));
        }
    }

    #[test]
    fn lag_counts_from_when_the_first_missing_byte_was_seen() {
        let mut unreached = Unreached::default();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(unreached.lag(after(0), 100, 100), Duration::ZERO);
        // An idle primary does not age its replica.
        assert_eq!(unreached.lag(after(60_000), 100, 100), Duration::ZERO);
        assert_eq!(unreached.lag(after(60_100), 110, 100), Duration::ZERO);
        assert_eq!(unreached.lag(after(60_200), 120, 105), Duration::from_millis(100));
        assert_eq!(unreached.lag(after(60_300), 130, 110), Duration::from_millis(100));
        assert_eq!(unreached.lag(after(60_400), 130, 129), Duration::from_millis(100));
        assert_eq!(unreached.lag(after(60_500), 130, 130), Duration::ZERO);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut unreached = Unreached::default();
        let start = Instant::now();
        for step in 0..10_000_u64 {
            unreached.lag(start + Duration::from_millis(step), step + 1, 0);
        }
        assert_eq!(unreached.0.len(), MOST_PLACES);
        assert_eq!(unreached.lag(start + Duration::from_secs(60), 10_000, 0), Duration::from_secs(60));
    }
}
