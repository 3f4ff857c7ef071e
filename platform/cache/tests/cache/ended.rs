//! What ends values before their time.

use std::sync::Arc;

use banyan_cache::{Cache, Company, Key, MemoryRemote, Reach, Realm, Region};
use banyan_kernel::Uuid;
use tokio::sync::Semaphore;

use crate::support::{Source, alone, cache, clock, key, over, region, steady, until};

const TENANT: Uuid = Uuid::from_u128(7);
const HERE: Realm = Realm::Tenant(TENANT);

fn keyed(text: &str) -> Key {
    Key::of_tenant(TENANT, text)
}

/// Alone, and over a shared part.
fn both() -> [(Cache, Region<String>, Source); 2] {
    let clock = clock();
    let caches = [alone(&clock), over(&Arc::new(MemoryRemote::default()), &clock)];
    caches.map(|cache| {
        let words = region(&cache, steady());
        (cache, words, Source::default())
    })
}

#[tokio::test]
async fn a_tag_ends_what_is_under_it_and_nothing_else() {
    for (cache, words, source) in both() {
        let (red, green) = (keyed("a").tagged("red").tagged("fruit"), keyed("b").tagged("green").tagged("fruit"));
        assert_eq!((source.word(&words, &red).await, source.word(&words, &green).await), ("1".into(), "2".into()));
        assert_eq!(cache.invalidate(HERE, &["red"]).await, Reach::Everywhere);
        assert_eq!((source.word(&words, &red).await, source.word(&words, &green).await), ("3".into(), "2".into()));
        let _reach = cache.invalidate(Realm::Installation, &["fruit"]).await;
        let _reach = cache.invalidate(Realm::Tenant(Uuid::from_u128(8)), &["fruit"]).await;
        assert_eq!((source.word(&words, &red).await, source.word(&words, &green).await), ("3".into(), "2".into()));
        let _reach = cache.invalidate(HERE, &["fruit", "other"]).await;
        assert_eq!((source.word(&words, &red).await, source.word(&words, &green).await), ("4".into(), "5".into()));
    }
}

#[tokio::test]
async fn one_key_ends_alone() {
    for (_, words, source) in both() {
        source.word(&words, &keyed("a")).await;
        source.word(&words, &keyed("b")).await;
        let _reach = words.remove(&keyed("a")).await;
        assert_eq!((source.word(&words, &keyed("a")).await, source.word(&words, &keyed("b")).await), ("3".into(), "2".into()));
    }
}

#[tokio::test]
async fn patterns_and_prefixes_end_what_they_say() {
    for (_, words, source) in both() {
        let other = Key::of_tenant(Uuid::from_u128(8), "list:1");
        for key in [&keyed("list:1"), &keyed("list:2"), &keyed("item:1"), &other] {
            source.word(&words, key).await;
        }
        let _reach = words.remove_prefix(HERE, "list:").await;
        let _reach = words.remove_matching(HERE, "nothing*").await;
        assert_eq!(source.word(&words, &keyed("item:1")).await, "3");
        assert_eq!(source.word(&words, &other).await, "4");
        assert_eq!(source.word(&words, &keyed("list:1")).await, "5");
        let _reach = words.remove_matching(HERE, "*:?").await;
        assert_eq!(source.word(&words, &keyed("item:1")).await, "6");
        assert_eq!(source.word(&words, &keyed("list:1")).await, "7");
    }
}

#[tokio::test]
async fn after_more_patterns_than_are_remembered_older_values_end() {
    for (_, words, source) in both() {
        source.word(&words, &keyed("a")).await;
        for number in 0..70 {
            let _reach = words.remove_matching(HERE, &format!("never{number}")).await;
        }
        assert_eq!(source.word(&words, &keyed("a")).await, "2");
        let _reach = words.remove_matching(HERE, "never").await;
        assert_eq!(source.word(&words, &keyed("a")).await, "2");
    }
}

#[tokio::test]
async fn a_region_and_everything_can_be_cleared() {
    for (cache, words, source) in both() {
        let others: Region<String> = cache.region("test.others", 1, steady());
        source.word(&words, &key()).await;
        source.word(&others, &key()).await;
        let _reach = words.clear().await;
        assert_eq!((source.word(&words, &key()).await, source.word(&others, &key()).await), ("3".into(), "2".into()));
        let _reach = cache.clear().await;
        assert_eq!((source.word(&words, &key()).await, source.word(&others, &key()).await), ("4".into(), "5".into()));
    }
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    for (cache, words, source) in both() {
        let (key, gate) = (key().tagged("t"), Arc::new(Semaphore::new(0)));
        let (asking, held, reader) = (words.clone(), gate.clone(), source.clone());
        let of_reader = key.clone();
        let slow = tokio::spawn(async move {
            let opened = async move { held.acquire().await.unwrap().forget() };
            reader.after(&asking, &of_reader, opened).await.unwrap()
        });
        until(|| source.loads() == 1).await;
        let _reach = cache.invalidate(key.realm(), &["t"]).await;
        // Asked after the change: neither waits for the load from before it, nor finds what that one leaves.
        assert_eq!(source.word(&words, &key).await, "2");
        gate.add_permits(1);
        assert_eq!(*slow.await.unwrap(), "1");
        // It may have been pushed out, never taken the place of what counts.
        assert!(source.word(&words, &key).await.parse::<u64>().unwrap() >= 2);
    }
}

#[tokio::test]
async fn who_is_not_alone_and_hears_nobody_keeps_only_what_goes_by_age() {
    let (clock, source) = (clock(), Source::default());
    let apart = cache(Company::Apart, &clock);
    let own = region(&apart, steady());
    assert_eq!((source.word(&own, &key()).await, source.word(&own, &key()).await), ("1".into(), "2".into()));
    let by_age: Region<String> =
        apart.region("test.keys", 1, banyan_cache::Options { freshness: banyan_cache::Freshness::ByAge, ..steady() });
    let tagged = key().tagged("t");
    assert_eq!((source.word(&by_age, &tagged).await, source.word(&by_age, &tagged).await), ("3".into(), "3".into()));
    assert_eq!(apart.invalidate(Realm::Installation, &["t"]).await, Reach::HereOnly);
    assert_eq!(source.word(&by_age, &tagged).await, "4");
}
