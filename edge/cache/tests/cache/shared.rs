//! Several doors before one origin, with a shelf in common.

use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{MemoryRemote, Settings, Shelf};
use banyan_http_cache::{Cache, Policy, Purge};
use banyan_kernel::{OsRandom, TestClock, Timestamp};
use http::Method;

use crate::fixture::{ANYONE, Bench, SOMEBODY, bench_of, request, until};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

/// A door with its own origin, so that it is known who asked.
struct Door {
    bench: Bench,
    remote: Arc<MemoryRemote>,
    clock: TestClock,
}

impl std::ops::Deref for Door {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

async fn doors() -> (Door, Door) {
    doors_with(Policy::default()).await
}

async fn doors_with(policy: Policy) -> (Door, Door) {
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
    let first = MemoryRemote::default();
    let second = first.clone();
    let door = async |remote: MemoryRemote| {
        let remote = Arc::new(remote);
        let shelf = Shelf::new(remote.clone(), &Settings::default(), Arc::new(clock.clone()), &OsRandom);
        let cache = Cache::sharing(8 << 20, shelf, Arc::new(clock.clone()));
        tokio::spawn(cache.clone().listen());
        let door = Door { bench: bench_of(policy.clone(), cache, clock.clone()), remote, clock: clock.clone() };
        // It hears once it has been told that it does, which is a purge of everything.
        tokio::time::sleep(Duration::from_millis(20)).await;
        door
    };
    (door(first).await, door(second).await)
}

/// What another door is told takes a moment.
async fn until_gone(door: &Door, path: &str) {
    let waiting = async {
        while door.get_with(path, &[("cache-control", "only-if-cached")]).await.is_hit() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it is still there");
}

/// What is on the shelf is put there beside the answer.
async fn until_shared(door: &Door, before: u64) {
    until(|| door.remote.asked() > before).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn fetch(door: &Door, path: &str, body: &'static str) {
    let before = door.remote.asked();
    door.next(200, &[MINUTE, ("cache-tag", "news")], body);
    assert_eq!(door.get(path).await.body, body);
    until_shared(door, before).await;
}

#[tokio::test]
async fn what_one_fetched_serves_the_other() {
    let (one, other) = doors().await;
    fetch(&one, "/a", "x").await;
    one.clock.advance_seconds(10);
    let got = other.get("/a").await;
    assert_eq!((&*got.body, got.cache(), got.header("age")), ("x", "hit; ttl=50; detail=\"shared\"", "10"));
    assert_eq!(got.header("cache-tag"), "", "what is between origin and caches");
    assert_eq!(other.get("/a").await.cache(), "hit; ttl=50", "from its own memory now");
    let asked = other.remote.asked();
    other.get("/a").await;
    assert_eq!(other.remote.asked(), asked, "a hit asks nobody");
    assert_eq!((other.asked(), other.cache.stats().shared), (0, 1));
    other.clock.advance_seconds(60);
    other.next(200, &[MINUTE], "y");
    assert_eq!(other.get("/a").await.body, "y");
}

#[tokio::test]
async fn variants_lie_side_by_side() {
    let (one, other) = doors().await;
    for (language, body) in [("en", "hello"), ("id", "halo")] {
        let before = one.remote.asked();
        one.next(200, &[MINUTE, ("vary", "accept-language")], body);
        assert_eq!(one.get_with("/a", &[("accept-language", language)]).await.body, body);
        until_shared(&one, before).await;
    }
    for (language, body) in [("en", "hello"), ("id", "halo")] {
        assert_eq!(other.get_with("/a", &[("accept-language", language)]).await.body, body);
    }
    other.next(200, &[MINUTE, ("vary", "accept-language")], "bonjour");
    assert_eq!(other.get_with("/a", &[("accept-language", "fr")]).await.body, "bonjour");
}

#[tokio::test]
async fn what_is_nobodys_is_given_to_nobody_that_is_known() {
    let (one, other) = doors().await;
    fetch(&one, "/a", "for strangers").await;
    other.next(200, &[MINUTE], "for somebody");
    assert_eq!(other.send(request(Method::GET, "/a", &[]), SOMEBODY).await.body, "for somebody");
    let before = one.remote.asked();
    one.next(200, &[("cache-control", "public, max-age=60")], "for all");
    assert_eq!(one.send(request(Method::GET, "/b", &[]), SOMEBODY).await.body, "for all");
    until_shared(&one, before).await;
    assert_eq!(other.send(request(Method::GET, "/b", &[]), SOMEBODY).await.body, "for all");
    let before = one.remote.asked();
    one.next(200, &[("cache-control", "private, max-age=60")], "mine");
    one.send(request(Method::GET, "/c", &[]), SOMEBODY).await;
    until_shared(&one, before).await;
    other.next(200, &[], "theirs");
    assert_eq!(other.get("/c").await.body, "theirs");
}

#[tokio::test]
async fn what_goes_through_one_door_ends_it_at_the_other() {
    let (one, other) = doors().await;
    fetch(&one, "/a", "old").await;
    assert_eq!(other.get("/a").await.body, "old");
    other.next(204, &[], "");
    other.send(request(Method::PUT, "/a", &[]), ANYONE).await;
    until_gone(&one, "/a").await;
    // On the shelf it has ended before the change was answered.
    other.next(200, &[MINUTE], "new");
    assert_eq!(other.get("/a").await.body, "new");
    for (path, purge) in [("/b", Purge::Tag("news".parse().unwrap())), ("/c", Purge::Address("example.org/c".into()))] {
        fetch(&one, path, "old").await;
        assert_eq!(other.get(path).await.body, "old");
        one.cache.purge(&purge).await;
        until_gone(&other, path).await;
        other.next(200, &[], "new");
        assert_eq!(other.get(path).await.body, "new", "{purge:?}");
    }
}

#[tokio::test]
async fn a_purge_that_no_stamp_can_name_ends_what_is_shared() {
    let (one, other) = doors().await;
    for (path, purge) in [("/a", Purge::Prefix("example.org/".into())), ("/b", Purge::Everything)] {
        fetch(&one, path, "old").await;
        one.cache.purge(&purge).await;
        other.next(200, &[], "new");
        assert_eq!(other.get(path).await.body, "new", "{purge:?}");
    }
}

#[tokio::test]
async fn what_was_asked_for_before_a_purge_is_not_shared_after_it() {
    for purge in [
        Purge::Tag("news".parse().unwrap()),
        Purge::Address("example.org/a".into()),
        Purge::Prefix("example.org/".into()),
        Purge::Everything,
    ] {
        let (one, other) = doors().await;
        let held = one.hold();
        one.next(200, &[MINUTE, ("cache-tag", "news")], "old");
        let slow = one.get("/a");
        tokio::pin!(slow);
        assert!(futures_util::poll!(slow.as_mut()).is_pending());
        one.until_waiting(1).await;
        other.cache.purge(&purge).await;
        let before = one.remote.asked();
        one.release(&held);
        assert_eq!(slow.await.body, "old");
        until_shared(&one, before).await;
        other.next(200, &[MINUTE], "new");
        assert_eq!(other.get("/a").await.body, "new", "{purge:?}");
    }
}

#[tokio::test]
async fn a_door_that_is_cut_off_goes_on_and_makes_up_for_what_it_could_not_tell() {
    let (one, other) = doors().await;
    fetch(&one, "/a", "old").await;
    assert_eq!(other.get("/a").await.body, "old");
    other.remote.cut();
    other.next(204, &[], "");
    other.send(request(Method::DELETE, "/a", &[]), ANYONE).await;
    other.next(200, &[MINUTE], "new");
    assert_eq!(other.get("/a").await.body, "new");
    assert!(one.get("/a").await.is_hit(), "nobody could tell it");
    other.remote.mend();
    until_gone(&one, "/a").await;
}

#[tokio::test]
async fn what_a_shelf_forgot_is_fetched() {
    let (one, other) = doors().await;
    fetch(&one, "/a", "x").await;
    one.remote.forget_everything();
    other.next(200, &[MINUTE], "y");
    assert_eq!(other.get("/a").await.body, "y");
}

#[tokio::test]
async fn what_is_large_or_must_be_asked_for_stays_with_each() {
    let (one, other) = doors().await;
    let large: &'static str = Box::leak("x".repeat((1 << 20) + 1).into_boxed_str());
    fetch(&one, "/large", large).await;
    other.next(200, &[MINUTE], "small");
    assert_eq!(other.get("/large").await.body, "small");
    let before = one.remote.asked();
    one.next(200, &[("cache-control", "no-cache, max-age=60"), ("etag", "\"1\"")], "x");
    one.get("/asked").await;
    until_shared(&one, before).await;
    other.next(200, &[("etag", "\"2\"")], "y");
    assert_eq!(other.get("/asked").await.body, "y");
}
