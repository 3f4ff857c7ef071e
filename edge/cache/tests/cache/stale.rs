//! Stale answers: while they are renewed, and instead of errors (RFC 5861).

use std::time::Duration;

use banyan_http_cache::Policy;
use http::Method;

use crate::fixture::{ANYONE, bench, bench_with, request, until};

#[tokio::test]
async fn a_stale_answer_serves_while_it_is_renewed_once() {
    let bench = bench();
    let said = [("cache-control", "max-age=60, stale-while-revalidate=30")];
    bench.next(200, &said, "one");
    bench.get("/a").await;
    bench.advance(89);
    let held = bench.hold();
    bench.next(200, &said, "two");
    for _ in 0..5 {
        let got = bench.get("/a").await;
        assert_eq!((got.body.as_str(), got.cache()), ("one", "hit; ttl=-29"));
    }
    bench.until_waiting(1).await;
    assert_eq!(bench.asked(), 2, "one renews for all");
    bench.release(&held);
    until(|| bench.cache.stats().stored == 2).await;
    assert_eq!(bench.get("/a").await.body, "two");
    bench.advance(90);
    bench.next(200, &said, "three");
    assert_eq!(bench.get("/a").await.body, "three", "after the window it is fetched");
}

#[tokio::test]
async fn head_renews_with_get() {
    let bench = bench_with(Policy { stale_while_revalidate: Duration::from_secs(30), ..Policy::default() });
    bench.next(200, &[("cache-control", "max-age=60")], "one").next(200, &[("cache-control", "max-age=60")], "two");
    bench.get("/a").await;
    bench.advance(70);
    bench.send(request(Method::HEAD, "/a", &[]), ANYONE).await;
    until(|| bench.cache.stats().stored == 2).await;
    assert_eq!(bench.get("/a").await.body, "two");
}

#[tokio::test]
async fn a_stale_answer_stands_in_for_an_error() {
    let bench = bench();
    bench.next(200, &[("cache-control", "max-age=60, stale-if-error=600"), ("etag", "\"1\"")], "one");
    bench.get("/a").await;
    bench.advance(100);
    for status in [500, 502, 503, 504] {
        bench.next(status, &[], "broken");
        let got = bench.get("/a").await;
        assert_eq!((got.status, got.body.as_str(), got.header("age")), (200, "one", "100"), "{status}");
        assert_eq!(got.cache(), format!("fwd=stale; fwd-status={status}"));
    }
    bench.next(404, &[], "gone");
    assert_eq!(bench.get("/a").await.status, 404, "that is an answer, no failure");
    bench.advance(600);
    bench.next(503, &[], "broken");
    assert_eq!(bench.get("/a").await.status, 503, "too old");
}

#[tokio::test]
async fn what_must_be_asked_about_is_never_served_stale() {
    for rule in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=1"] {
        let bench = bench_with(Policy {
            stale_while_revalidate: Duration::from_secs(600),
            stale_if_error: Duration::from_secs(600),
            ..Policy::default()
        });
        bench.next(200, &[("cache-control", &format!("max-age=1, {rule}")), ("etag", "\"1\"")], "one").next(503, &[], "broken");
        bench.get("/a").await;
        bench.advance(2);
        assert_eq!(bench.get_with("/a", &[("cache-control", "max-stale=600")]).await.status, 503, "{rule}");
    }
}

#[tokio::test]
async fn a_client_may_accept_stale_answers() {
    let bench = bench();
    bench.next(200, &[("cache-control", "max-age=60"), ("etag", "\"1\"")], "one");
    bench.get("/a").await;
    bench.advance(100);
    assert!(bench.get_with("/a", &[("cache-control", "max-stale=40")]).await.is_hit());
    assert!(bench.get_with("/a", &[("cache-control", "max-stale")]).await.is_hit());
    bench.next(304, &[("cache-control", "max-age=60")], "");
    assert!(!bench.get_with("/a", &[("cache-control", "max-stale=39")]).await.is_hit());
}
