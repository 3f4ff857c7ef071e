//! Many who ask for the same at once.

use std::time::Duration;

use banyan_http_cache::Policy;
use futures_util::future::join_all;
use http::Method;

use crate::fixture::{ANYONE, Bench, bench, bench_with, request, response, until};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

/// Starts this many requests and gives them all time to come as far as they can.
async fn crowd<'b>(bench: &'b Bench, number: usize) -> Vec<std::pin::Pin<Box<dyn Future<Output = crate::fixture::Got> + 'b>>> {
    let mut crowd: Vec<_> =
        (0..number).map(|_| Box::pin(bench.get("/a")) as std::pin::Pin<Box<dyn Future<Output = _> + 'b>>).collect();
    for one in &mut crowd {
        assert!(futures_util::poll!(one.as_mut()).is_pending());
    }
    crowd
}

#[tokio::test]
async fn one_fetches_for_all() {
    let bench = bench();
    let held = bench.hold();
    bench.next(200, &[MINUTE], "one");
    let crowd = crowd(&bench, 50).await;
    bench.release(&held);
    let got = join_all(crowd).await;
    assert!(got.iter().all(|got| got.body == "one"));
    assert_eq!(bench.asked(), 1);
    assert_eq!((bench.cache.stats().waited, bench.cache.stats().hits), (49, 49));
}

#[tokio::test]
async fn what_cannot_be_stored_frees_all_and_is_remembered() {
    let bench = bench();
    let held = bench.hold();
    for _ in 0..10 {
        bench.next(200, &[("cache-control", "private")], "mine");
    }
    let crowd = crowd(&bench, 10).await;
    assert_eq!(bench.asked(), 1);
    bench.release(&held);
    assert_eq!(join_all(crowd).await.len(), 10);
    assert_eq!(bench.asked(), 10);

    // For a while nobody waits for anybody.
    let held = bench.hold();
    for _ in 0..3 {
        bench.next(200, &[("cache-control", "private")], "mine");
    }
    let again = self::crowd(&bench, 3).await;
    bench.until_waiting(3).await;
    bench.release(&held);
    assert!(join_all(again).await.iter().all(|got| got.cache() == "fwd=miss"));
    bench.advance(11);
    let held = bench.hold();
    bench.next(200, &[MINUTE], "ours");
    let later = self::crowd(&bench, 3).await;
    bench.release(&held);
    assert!(join_all(later).await.iter().all(|got| got.body == "ours"));
}

#[tokio::test]
async fn a_client_that_goes_away_hands_over() {
    let bench = bench();
    let held = bench.hold();
    bench.next(200, &[MINUTE], "one");
    let mut crowd = crowd(&bench, 3).await;
    drop(crowd.remove(0));
    let waiting = join_all(crowd);
    tokio::pin!(waiting);
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    until(|| bench.asked() == 2).await;
    bench.release(&held);
    assert!(waiting.await.iter().all(|got| got.body == "one"));
    assert_eq!(bench.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_route_says() {
    let bench = bench_with(Policy { wait: Duration::from_secs(2), ..Policy::default() });
    let held = bench.hold();
    bench.next(200, &[MINUTE], "one").next(200, &[MINUTE], "two");
    let mut crowd = crowd(&bench, 2).await;
    assert_eq!(bench.asked(), 1);
    tokio::time::advance(Duration::from_secs(3)).await;
    assert!(futures_util::poll!(crowd[1].as_mut()).is_pending());
    assert_eq!(bench.asked(), 2, "the second goes by itself");
    bench.release(&held);
    join_all(crowd).await;
}

#[tokio::test]
async fn an_error_is_not_waited_for_one_by_one() {
    let bench = bench();
    let held = bench.hold();
    for _ in 0..5 {
        bench.next(503, &[], "broken");
    }
    let crowd = crowd(&bench, 5).await;
    bench.release(&held);
    assert!(join_all(crowd).await.iter().all(|got| got.status == 503));
    bench.next(200, &[MINUTE], "one");
    assert_eq!(bench.get("/a").await.cache(), "fwd=uri-miss; stored", "and it is not remembered");
}

#[tokio::test]
async fn who_wants_a_part_does_not_hold_up_the_rest() {
    let bench = bench();
    let held = bench.hold();
    bench.next(206, &[("content-range", "bytes 0-0/3")], "o").next(200, &[MINUTE], "one");
    let part = bench.get_with("/a", &[("range", "bytes=0-0")]);
    let whole = bench.send(request(Method::GET, "/a", &[]), ANYONE);
    tokio::pin!(part, whole);
    assert!(futures_util::poll!(part.as_mut()).is_pending() && futures_util::poll!(whole.as_mut()).is_pending());
    bench.until_waiting(2).await;
    bench.release(&held);
    let (part, whole) = tokio::join!(part, whole);
    assert_eq!((part.status, whole.body.as_str()), (206, "one"));
}

#[tokio::test]
async fn waiting_ends_when_the_body_is_there() {
    let bench = bench();
    let (sender, body) = tokio::sync::mpsc::channel::<Result<&'static str, std::io::Error>>(4);
    let stream = futures_util::stream::unfold(body, |mut body| async { body.recv().await.map(|piece| (piece, body)) });
    bench.next_with(move || response(200, &[MINUTE], axum::body::Body::from_stream(stream)));
    let first = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    let second = bench.get("/a");
    tokio::pin!(second);
    assert!(futures_util::poll!(second.as_mut()).is_pending(), "the head alone is not enough");
    sender.send(Ok("one")).await.unwrap();
    drop(sender);
    assert_eq!(crate::fixture::read(first).await.body, "one");
    assert!(second.await.is_hit());
}
