//! Bodies: stored as they pass, whole or not at all.

use std::io::{Error, ErrorKind};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use banyan_http_cache::{Cache, Encoding, Policy, StoredBody};
use http::Method;
use http_body_util::{BodyExt as _, StreamBody};

use crate::fixture::{ANYONE, bench, bench_with, pieces, read, request, response, until};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

#[tokio::test]
async fn a_body_in_pieces_is_stored_whole() {
    let bench = bench();
    bench.next_with(|| response(200, &[MINUTE], pieces(vec![Ok("one "), Ok(""), Ok("two")])));
    assert_eq!(bench.get("/a").await.body, "one two");
    assert_eq!(bench.get("/a").await.body, "one two");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_stored() {
    let bench = bench();
    bench.next_with(|| response(200, &[MINUTE], pieces(vec![Ok("one"), Err(Error::from(ErrorKind::ConnectionReset))])));
    let broken = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    assert!(broken.into_body().collect().await.is_err());
    // One that the client does not read to its end.
    bench.next_with(|| response(200, &[MINUTE], pieces(vec![Ok("one"), Ok("two")])));
    let left = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    drop(left);
    // One that is shorter than it says.
    bench.next_with(|| response(200, &[MINUTE, ("content-length", "7")], pieces(vec![Ok("one")])));
    bench.get("/a").await;
    // One with trailers, which would be lost.
    bench.next_with(|| {
        let frames = [
            Ok::<_, Error>(http_body::Frame::data(Bytes::from_static(b"one"))),
            Ok(http_body::Frame::trailers(Default::default())),
        ];
        response(200, &[MINUTE], Body::new(StreamBody::new(futures_util::stream::iter(frames))))
    });
    bench.get("/a").await;
    bench.next(200, &[MINUTE], "whole");
    assert_eq!(bench.get("/a").await.body, "whole");
    assert_eq!(bench.cache.stats().stored, 1);
}

#[tokio::test]
async fn a_large_body_passes_and_is_remembered_as_large() {
    let bench = bench_with(Policy { largest_body: 5, ..Policy::default() });
    bench.next(200, &[MINUTE], "12345").next(200, &[MINUTE], "123456");
    bench.get("/fits").await;
    assert!(bench.get("/fits").await.is_hit());
    assert_eq!(bench.get("/announced").await.body, "123456");
    bench.next_with(|| response(200, &[MINUTE], pieces(vec![Ok("123"), Ok("456")])));
    assert_eq!(bench.get("/streamed").await.body, "123456");
    bench.next(200, &[MINUTE], "123456").next(200, &[MINUTE], "123456");
    for path in ["/announced", "/streamed"] {
        assert_eq!(bench.get(path).await.cache(), "fwd=miss", "{path}");
    }
}

#[tokio::test]
async fn an_empty_body_is_an_answer() {
    let bench = bench();
    bench.next_with(|| response(204, &[MINUTE], Body::empty()));
    let first = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    drop(first);
    assert_eq!(bench.get("/a").await.status, 204);
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn compressed_forms_stay_beside_the_body_and_are_weighed() {
    let bench = bench();
    bench.next(200, &[MINUTE], "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    bench.get("/a").await;
    let hit = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    let stored = hit.extensions().get::<StoredBody>().unwrap();
    assert_eq!(stored.compressed(Encoding::Gzip), None);
    let before = bench.cache.stats().bytes;
    stored.keep(Encoding::Gzip, Bytes::from_static(b"small"));
    stored.keep(Encoding::Brotli, Bytes::from(vec![0; 64]));
    assert_eq!(bench.cache.stats().bytes, before + 5, "what makes nothing smaller is not kept");
    assert_eq!(bench.cache.stats().evictions, 0, "what is put again in the same place went nowhere");
    let again = bench.cache.serve(request(Method::GET, "/a", &[]), &bench.policy, ANYONE, &bench.origin).await;
    assert_eq!(again.extensions().get::<StoredBody>().unwrap().compressed(Encoding::Gzip), Some(Bytes::from_static(b"small")));
}

#[tokio::test]
async fn memory_is_bounded() {
    let bench = bench();
    let cache = Cache::new(256 * 1024, Arc::new(bench.clock.clone()));
    for number in 0..1_000 {
        bench.next_with(|| response(200, &[MINUTE], vec![b'x'; 4_096]));
        let request = request(Method::GET, &format!("/{number}"), &[]);
        read(cache.serve(request, &bench.policy, ANYONE, &bench.origin).await).await;
        assert!(cache.stats().bytes <= 256 * 1024);
    }
    until(|| cache.stats().evictions > 900).await;
    assert!(cache.stats().records > 20);
}
