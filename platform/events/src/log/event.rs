//! Events on their way from a log to a handler.

use std::sync::Arc;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::log::{Entry, Position};

use super::PARTITIONS;

/// An event that a consumer wants.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) event: Arc<CloudEvent>,
    /// The row that says that it was handled.
    pub(super) id: Uuid,
    /// Events with the same key are handled in order.
    pub(super) key: i64,
    pub(super) partition: usize,
    pub(super) place: Position,
}

impl Item {
    pub(super) fn new(consumer: &str, source: &str, entry: &Entry) -> Self {
        let key = order_key(entry.tenant, &entry.subject);
        // What is no JSON cannot have come through the store; the consumer is told `null`, and will call it poison.
        let data = serde_json::from_slice(&entry.data.0).unwrap_or_default();
        let event = CloudEvent {
            specversion: "1.0".to_owned(),
            id: entry.id,
            source: format!("/services/{source}"),
            kind: entry.kind.clone(),
            subject: entry.subject.clone(),
            time: Timestamp::from_micros(entry.occurred_at),
            datacontenttype: "application/json".to_owned(),
            tenant: entry.tenant,
            dataversion: u32::try_from(entry.version).unwrap_or(0),
            data,
        };
        let id = consumption(consumer, entry.id);
        Self { event: Arc::new(event), id, key, partition: partition_of(key), place: entry.place() }
    }

    pub(super) fn tenant(&self) -> Uuid {
        self.event.tenant
    }
}

/// What order is kept by: the tenant and the subject. Two that share a key by chance wait for each other, no more.
pub(super) fn order_key(tenant: Uuid, subject: &str) -> i64 {
    i64::from_le_bytes(fnv(&[tenant.as_bytes(), subject.as_bytes()]).to_le_bytes())
}

pub(super) fn partition_of(key: i64) -> usize {
    // The low bits of the hash are the well-mixed ones.
    usize::try_from(key.rem_euclid(PARTITIONS as i64)).unwrap_or(0)
}

/// The id of the row that says that `consumer` handled the event. The first half stays as it is, so that such rows are written one
/// after another and can be deleted by age; in the second half 62 random bits meet the consumer's name.
pub(super) fn consumption(consumer: &str, event: Uuid) -> Uuid {
    let mask = u128::from(fnv(&[consumer.as_bytes()]) >> 2);
    Uuid::from_u128(event.as_u128() ^ mask)
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): stored, so it must never change, as the standard library's may.
fn fnv(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.iter()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(&[b""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(&[b"foo", b"bar"]), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn keys_spread_over_all_partitions() {
        let mut counts = [0; PARTITIONS];
        for number in 0..16_000 {
            counts[partition_of(order_key(Uuid::from_u128(7), &format!("subject {number}")))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn each_consumer_has_a_row_of_its_own_for_an_event() {
        let event = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        assert_ne!(consumption("mails", event), consumption("digests", event));
        assert_eq!(consumption("mails", event).as_u128() >> 64, event.as_u128() >> 64);
    }
}
