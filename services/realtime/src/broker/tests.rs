//! A room with more people than anybody can be shown.

use std::sync::Weak;

use banyan_kernel::OsRandom;

use super::*;

const MANY: u128 = 100_000;
/// Connections of each person.
const EACH: u128 = 4;
/// As much as is shown of them.
const SHOWN: usize = 1_000;
const TTL: Duration = Duration::from_secs(600);

struct Nobody;

impl Ear for Nobody {
    fn heard(&self, _: &RoomKey, _: &Said) {}

    fn noticed(&self, _: &Notice) {}

    fn rooms(&self) -> Vec<RoomKey> {
        Vec::new()
    }

    fn compare(&self, _: &RoomKey, _: &Place) {}
}

fn nobody() -> Weak<dyn Ear> {
    Arc::downgrade(&(Arc::new(Nobody) as Arc<dyn Ear>))
}

/// A room of a tenant that nobody else has.
fn room() -> RoomKey {
    let mut bytes = [0; 16];
    banyan_kernel::Random::fill(&OsRandom, &mut bytes);
    RoomKey::new(Uuid::from_bytes(bytes), "session:1").unwrap()
}

fn person(number: u128) -> (Uuid, Arc<str>) {
    let (client, user) = (Uuid::from_u128(number), Uuid::from_u128(number / EACH));
    (client, format!("{{\"user\":\"{user}\",\"client\":\"{client}\"}}").into())
}

async fn counts_all_and_shows_some(broker: &dyn Broker) {
    let room = room();
    assert_eq!(broker.presence_stats(&room).await.unwrap(), Crowd::default());
    let all: People = (0..MANY).map(person).collect();
    // Said again, as it is every few seconds, it is the same.
    for _ in 0..2 {
        broker.be_present(&room, &all, TTL).await.unwrap();
    }
    let crowd = Crowd { clients: 100_000, users: 25_000 };
    assert_eq!(broker.presence_stats(&room).await.unwrap(), crowd);
    let shown = broker.presence(&room, SHOWN).await.unwrap();
    assert_eq!(shown.len(), SHOWN);
    let bytes: usize = shown.iter().map(|(client, info)| client.len() + info.get().len()).sum();
    assert!(bytes < SHOWN * 200, "{bytes}");
    // A person is there as long as one of the connections is.
    for number in 0..EACH {
        assert_eq!(broker.presence_stats(&room).await.unwrap().users, crowd.users);
        broker.be_gone(&room, person(number).0).await.unwrap();
        broker.be_gone(&room, person(number).0).await.unwrap();
    }
    assert_eq!(broker.presence_stats(&room).await.unwrap(), Crowd { clients: 99_996, users: 24_999 });
    for (client, _) in all.iter().skip(usize::try_from(EACH).unwrap()).rev().take(1_000) {
        broker.be_gone(&room, *client).await.unwrap();
    }
    assert_eq!(broker.presence_stats(&room).await.unwrap(), Crowd { clients: 98_996, users: 24_749 });
}

#[tokio::test]
async fn a_crowd_is_counted_in_memory() {
    counts_all_and_shows_some(&MemoryBroker::new(nobody(), Arc::new(OsRandom))).await;
}

#[tokio::test]
async fn a_crowd_is_counted_in_redis() {
    let url = banyan_kernel::Secret::new(format!("{}/55", banyan_testkit::redis_url().trim_end_matches('/')));
    let broker = RedisBroker::new(&url, nobody(), Arc::new(OsRandom)).unwrap();
    counts_all_and_shows_some(&broker).await;
    // Those of a process that died: nobody says it for them, and more than are swept out at a time.
    let room = room();
    let all: People = (0..2_500).map(person).collect();
    broker.be_present(&room, &all, Duration::from_secs(1)).await.unwrap();
    broker.be_present(&room, &[person(MANY)], TTL).await.unwrap();
    let begun = std::time::Instant::now();
    while broker.presence_stats(&room).await.unwrap() != (Crowd { clients: 1, users: 1 }) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the dead are counted");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
