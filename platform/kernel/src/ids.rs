//! UUIDv7 identifiers (RFC 9562): they sort by creation time, which keeps B-tree inserts at the right edge.

use std::sync::Arc;

use uuid::{Builder, Uuid};

use crate::{Clock, Random};

/// Makes identifiers from the process's clock and randomness.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Ids {
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// A new UUIDv7: 48 bits of milliseconds, 12 bits of the microseconds within (RFC 9562 §6.2 method 3), 62 random bits.
    pub fn next(&self) -> Uuid {
        let micros = self.clock.now().micros().max(0).unsigned_abs();
        let mut random = [0_u8; 10];
        self.random.fill(&mut random);
        let fraction = ((micros % 1000) * 4096 / 1000) as u16;
        random[0] = (fraction >> 8) as u8;
        random[1] = fraction as u8;
        Builder::from_unix_timestamp_millis(micros / 1000, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OsRandom, TestClock, Timestamp};

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
        let ids = Ids::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        let first = ids.next();
        clock.set(Timestamp::from_micros(1_700_000_000_000_900));
        let second = ids.next();
        assert!(second > first);
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(ids.next(), ids.next());
    }
}
