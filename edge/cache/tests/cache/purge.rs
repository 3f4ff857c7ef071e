//! Ending what is stored.

use banyan_http_cache::{Person, Policy, Purge, Scope};
use http::Method;

use crate::fixture::{ANYONE, Bench, bench, bench_with, request};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

async fn fill(bench: &Bench, path: &str, tags: &str) {
    bench.next(200, &[MINUTE, ("cache-tag", tags)], "x");
    assert!(!bench.get(path).await.is_hit(), "{path}");
    assert!(bench.get(path).await.is_hit(), "{path}");
}

#[tokio::test]
async fn by_tag() {
    let bench = bench_with(Policy { tags: vec!["site".parse().unwrap()], ..Policy::default() });
    fill(&bench, "/a", "one, both").await;
    fill(&bench, "/b", "two, both").await;
    bench.cache.purge(&Purge::Tag("one".parse().unwrap())).await;
    assert!(!bench.get_with("/a", &[("cache-control", "only-if-cached")]).await.is_hit());
    assert!(bench.get("/b").await.is_hit());
    fill(&bench, "/a", "one, both").await;
    bench.cache.purge(&Purge::Tag("both".parse().unwrap())).await;
    for path in ["/a", "/b"] {
        assert_eq!(bench.get_with(path, &[("cache-control", "only-if-cached")]).await.status, 504, "{path}");
    }
    fill(&bench, "/a", "").await;
    bench.cache.purge(&Purge::Tag("site".parse().unwrap())).await;
    assert_eq!(bench.get_with("/a", &[("cache-control", "only-if-cached")]).await.status, 504, "the route's own tag");
}

#[tokio::test]
async fn by_address_prefix_and_all() {
    let bench = bench();
    let here = async |path: &str| bench.get_with(path, &[("cache-control", "only-if-cached")]).await.is_hit();
    for path in ["/news/1", "/news/1?page=2", "/news/10", "/other"] {
        fill(&bench, path, "").await;
    }
    bench.cache.purge(&Purge::Address("http://EXAMPLE.org/news/1".into())).await;
    assert!(!here("/news/1").await && !here("/news/1?page=2").await && here("/news/10").await && here("/other").await);
    bench.cache.purge(&Purge::Prefix("example.org/news/".into())).await;
    assert!(!here("/news/10").await && here("/other").await);
    bench.cache.purge(&Purge::Everything).await;
    assert!(!here("/other").await);
    fill(&bench, "/other", "").await;
}

#[tokio::test]
async fn an_answer_that_was_asked_for_before_a_purge_is_not_stored_after_it() {
    for purge in [
        Purge::Tag("one".parse().unwrap()),
        Purge::Address("example.org/a".into()),
        Purge::Prefix("example.org/".into()),
        Purge::Everything,
    ] {
        let bench = bench();
        let held = bench.hold();
        bench.next(200, &[MINUTE, ("cache-tag", "one")], "old").next(200, &[MINUTE], "new");
        let slow = bench.get("/a");
        tokio::pin!(slow);
        assert!(futures_util::poll!(slow.as_mut()).is_pending());
        bench.until_waiting(1).await;
        bench.cache.purge(&purge).await;
        bench.release(&held);
        assert_eq!(slow.await.body, "old");
        assert_eq!(bench.get("/a").await.body, "new", "{purge:?}");
    }
}

#[tokio::test]
async fn a_change_ends_what_it_changed() {
    let bench = bench();
    for path in ["/a", "/a?x=1", "/b", "/c", "/d"] {
        fill(&bench, path, "").await;
    }
    let here = async |path: &str| bench.get_with(path, &[("cache-control", "only-if-cached")]).await.is_hit();
    bench.next(201, &[("location", "/b"), ("content-location", "http://example.org/c")], "");
    bench.send(request(Method::POST, "/a", &[]), ANYONE).await;
    assert!(!here("/a").await && !here("/a?x=1").await && !here("/b").await && !here("/c").await && here("/d").await);
    for (method, status) in [(Method::DELETE, 500), (Method::PUT, 404), (Method::OPTIONS, 200)] {
        bench.next(status, &[], "");
        bench.send(request(method, "/d", &[]), ANYONE).await;
        assert!(here("/d").await, "{status}");
    }
    bench.next(204, &[], "");
    let other = Scope { tenant: "u", locale: None, person: Person::Nobody };
    bench.send(request(Method::DELETE, "/d", &[]), other).await;
    assert!(here("/d").await, "another tenant's change");
    bench.next(204, &[], "");
    bench.send(request(Method::DELETE, "/d", &[]), ANYONE).await;
    assert!(!here("/d").await);
}
