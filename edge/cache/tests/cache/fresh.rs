//! Freshness, validation, conditions, ranges, methods.

use banyan_http_cache::Policy;
use http::Method;

use crate::fixture::{ANYONE, bench, bench_with, request};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

#[tokio::test]
async fn an_answer_serves_until_its_end_and_grows_older() {
    let bench = bench();
    bench.next(200, &[MINUTE], "one").next(200, &[MINUTE], "two");
    assert_eq!(bench.get("/a").await.cache(), "fwd=uri-miss; stored");
    bench.advance(59);
    let got = bench.get("/a").await;
    assert_eq!((got.body.as_str(), got.header("age"), got.cache()), ("one", "59", "hit; ttl=1"));
    bench.advance(1);
    assert_eq!(bench.get("/a").await.body, "two");
    assert_eq!(bench.asked(), 2);
}

#[tokio::test]
async fn what_says_nothing_is_kept_only_as_the_route_says() {
    let bench = bench();
    bench.next(200, &[], "one").next(200, &[], "two");
    bench.get("/a").await;
    assert_eq!(bench.get("/a").await.body, "two");

    let bench = bench_with(Policy::usual());
    for (path, status, seconds) in [("/ok", 200, 600), ("/found", 302, 600), ("/none", 404, 60)] {
        bench.next(status, &[], "").next(status, &[], "");
        bench.get(path).await;
        bench.advance(seconds - 1);
        assert!(bench.get(path).await.is_hit(), "{status}");
        bench.advance(1);
        assert!(!bench.get(path).await.is_hit(), "{status}");
    }
    bench.next(500, &[], "").next(500, &[], "");
    bench.get("/error").await;
    assert!(!bench.get("/error").await.is_hit());
}

#[tokio::test]
async fn what_may_not_be_stored_is_not() {
    for field in ["no-store", "private", "no-store, max-age=60", "private, max-age=60", "max-age=60, no-store=\"x\""] {
        let bench = bench_with(Policy::usual());
        bench.next(200, &[("cache-control", field)], "one").next(200, &[("cache-control", field)], "two");
        bench.get("/a").await;
        assert_eq!(bench.get("/a").await.body, "two", "{field}");
    }
    for (field, value) in [("vary", "*"), ("set-cookie", "session=1")] {
        let bench = bench();
        bench.next(200, &[MINUTE, (field, value)], "one").next(200, &[MINUTE, (field, value)], "two");
        bench.get("/a").await;
        assert_eq!(bench.get("/a").await.body, "two", "{field}");
    }
}

#[tokio::test]
async fn must_understand_stands_in_for_no_store() {
    let bench = bench();
    let said = [("cache-control", "max-age=60, no-store, must-understand")];
    bench.next(200, &said, "one").next(299, &said, "two").next(299, &said, "three");
    bench.get("/known").await;
    assert!(bench.get("/known").await.is_hit());
    bench.get("/unknown").await;
    assert!(!bench.get("/unknown").await.is_hit());
}

#[tokio::test]
async fn a_stale_answer_is_asked_about_and_takes_over_what_changed() {
    let bench = bench();
    bench.next(200, &[MINUTE, ("etag", "\"v1\""), ("x-a", "1"), ("content-type", "text/plain")], "one");
    bench.get("/a").await;
    bench.advance(61);
    bench.next(304, &[("cache-control", "max-age=120"), ("etag", "\"v1\""), ("x-a", "2"), ("content-length", "9")], "");
    let got = bench.get("/a").await;
    assert_eq!((got.status, got.body.as_str(), got.header("x-a"), got.header("content-length")), (200, "one", "2", ""));
    assert_eq!(got.cache(), "fwd=stale; fwd-status=304; stored");
    assert_eq!(bench.last_asked()["if-none-match"], "\"v1\"");
    bench.advance(119);
    assert!(bench.get("/a").await.is_hit());
    bench.advance(1);
    bench.next(200, &[MINUTE], "two");
    assert_eq!(bench.get("/a").await.body, "two");
}

#[tokio::test]
async fn no_cache_is_asked_about_each_time() {
    let bench = bench();
    bench.next(200, &[("cache-control", "no-cache, max-age=60"), ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")], "one");
    bench.next(304, &[], "").next(304, &[], "");
    bench.get("/a").await;
    for _ in 0..2 {
        assert_eq!(bench.get("/a").await.body, "one");
        assert_eq!(bench.last_asked()["if-modified-since"], "Sun, 06 Nov 1994 08:49:37 GMT");
    }
    assert_eq!(bench.asked(), 3);
}

#[tokio::test]
async fn conditions_and_ranges_are_answered_from_the_store() {
    let bench = bench();
    let day = "Sun, 06 Nov 1994 08:49:37 GMT";
    bench.next(200, &[MINUTE, ("etag", "\"v1\""), ("last-modified", day), ("content-type", "text/plain")], "0123456789");
    bench.get("/a").await;
    for condition in [("if-none-match", "W/\"v1\""), ("if-modified-since", day), ("if-none-match", "*")] {
        let got = bench.get_with("/a", &[condition]).await;
        assert_eq!((got.status, got.body.as_str(), got.header("etag")), (304, "", "\"v1\""), "{condition:?}");
        assert_eq!(got.header("content-type"), "");
    }
    assert_eq!(bench.get_with("/a", &[("if-none-match", "\"v2\""), ("if-modified-since", day)]).await.status, 200);
    let part = bench.get_with("/a", &[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.body.as_str(), part.header("content-range")), (206, "234", "bytes 2-4/10"));
    let none = bench.get_with("/a", &[("range", "bytes=10-")]).await;
    assert_eq!((none.status, none.header("content-range")), (416, "bytes */10"));
    let changed = bench.get_with("/a", &[("range", "bytes=2-4"), ("if-range", "\"v2\"")]).await;
    assert_eq!((changed.status, changed.body.len()), (200, 10));
    assert_eq!(bench.get_with("/a", &[("range", "bytes=2-4"), ("if-range", "\"v1\"")]).await.status, 206);
    let head = bench.send(request(Method::HEAD, "/a", &[]), ANYONE).await;
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (200, "10", ""));
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn parts_of_what_is_not_stored_are_the_origins() {
    let bench = bench();
    bench.next(206, &[MINUTE, ("content-range", "bytes 0-1/4")], "ab").next(200, &[MINUTE], "abcd");
    let got = bench.get_with("/a", &[("range", "bytes=0-1")]).await;
    assert_eq!((got.status, got.cache()), (206, "fwd=uri-miss"));
    assert_eq!(bench.last_asked()["range"], "bytes=0-1");
    assert_eq!(bench.get("/a").await.body, "abcd");
    assert_eq!(bench.get_with("/a", &[("range", "bytes=-1")]).await.body, "d");
}

#[tokio::test]
async fn clients_may_ask_for_fresher_answers_where_the_route_lets_them() {
    let bench = bench();
    bench.next(200, &[MINUTE], "one");
    bench.get("/a").await;
    bench.advance(30);
    for (wish, hit) in
        [("max-age=30", true), ("max-age=29", false), ("min-fresh=30", true), ("min-fresh=31", false), ("no-cache", false)]
    {
        if !hit {
            bench.next(500, &[], "");
        }
        assert_eq!(bench.get_with("/a", &[("cache-control", wish)]).await.is_hit(), hit, "{wish}");
    }
    bench.next(200, &[MINUTE], "two").next(200, &[MINUTE], "three");
    assert_eq!(bench.get_with("/a", &[("cache-control", "no-store")]).await.body, "two");
    assert_eq!(bench.get("/a").await.body, "one", "what a client did not want stored was not");
    let missing = bench.get_with("/b", &[("cache-control", "only-if-cached")]).await;
    assert_eq!(missing.status, 504);

    let deaf = bench_with(Policy { client: banyan_http_cache::ClientDirectives::Ignore, ..Policy::default() });
    deaf.next(200, &[MINUTE], "one");
    deaf.get("/a").await;
    assert!(deaf.get_with("/a", &[("cache-control", "no-cache, no-store, max-age=0")]).await.is_hit());
}

#[tokio::test]
async fn vary_keeps_answers_apart_and_equal_wishes_together() {
    let bench = bench();
    let varied = [MINUTE, ("vary", "accept-language")];
    bench.next(200, &varied, "en").next(200, &varied, "id");
    bench.get_with("/a", &[("accept-language", "en, de;q=0.5")]).await;
    assert_eq!(bench.get_with("/a", &[("accept-language", "id")]).await.cache(), "fwd=vary-miss; stored");
    assert_eq!(bench.get_with("/a", &[("accept-language", "de;q=0.5,EN")]).await.body, "en");
    assert_eq!(bench.get_with("/a", &[("accept-language", "id")]).await.body, "id");
    assert_eq!(bench.asked(), 2);
}

#[tokio::test]
async fn answers_without_end_of_one_address_are_bounded() {
    let bench = bench();
    for number in 0..100 {
        bench.next(200, &[MINUTE, ("vary", "x-number")], "x");
        bench.get_with("/a", &[("x-number", &number.to_string())]).await;
    }
    assert!(bench.get_with("/a", &[("x-number", "99")]).await.is_hit());
    bench.next(200, &[MINUTE, ("vary", "x-number")], "x");
    assert!(!bench.get_with("/a", &[("x-number", "1")]).await.is_hit());
}

#[tokio::test]
async fn targeted_directives_count_for_us_and_tags_stay_inside() {
    let bench = bench();
    bench.next(
        200,
        &[("cache-control", "no-store"), ("cdn-cache-control", "max-age=60"), ("surrogate-key", "a b"), ("cache-tag", "c")],
        "x",
    );
    let first = bench.get("/a").await;
    assert_eq!((first.header("cache-control"), first.header("surrogate-key"), first.header("cache-tag")), ("no-store", "", ""));
    let hit = bench.get("/a").await;
    assert!(hit.is_hit() && hit.header("cache-control") == "no-store" && hit.header("surrogate-key").is_empty());
}

#[tokio::test]
async fn fields_of_one_hop_are_not_stored() {
    let bench = bench();
    bench.next(200, &[MINUTE, ("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "9"), ("x-stays", "1")], "x");
    bench.get("/a").await;
    let got = bench.get("/a").await;
    assert_eq!(
        (got.header("x-hop"), got.header("keep-alive"), got.header("connection"), got.header("x-stays")),
        ("", "", "", "1")
    );
}
