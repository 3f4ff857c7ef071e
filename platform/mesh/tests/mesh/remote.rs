//! What one connection carries: streams both ways, trailers, upgrades, silence.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, get as on_get, post};
use banyan_mesh::{Call, CallError, Discovery, Endpoint, Protocol, Reach, Retry, Timeouts, Upgrade, Upstream};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use crate::fixture::{SOON, get, mesh, raw, read_head, recording, serve, text, until, upstream};

fn echo() -> Router {
    Router::new()
        .route("/echo", post(|request: Request| async move { Body::new(request.into_body()) }))
        .route("/who", any(|request: Request| async move { format!("{} {:?}", request.method(), request.version()) }))
}

#[tokio::test]
async fn both_protocols_carry_calls_and_connections_are_kept() {
    for (protocol, version, most) in [(Protocol::Http1, "HTTP/1.1", 1), (Protocol::Http2, "HTTP/2.0", 1)] {
        let served = serve(echo()).await;
        let service = mesh().declare("echo", Upstream { protocol, ..upstream(&[served.address]) }).unwrap();
        for _ in 0..20 {
            let answer = service.send(get("/who"), Call::within(SOON)).await.unwrap();
            assert_eq!((answer.response.status(), answer.tries), (StatusCode::OK, 1));
            assert_eq!(text(answer.response.into_body()).await, format!("GET {version}"));
        }
        assert_eq!(served.count(), most, "{version}");
        let report = service.report();
        assert_eq!((report.instances[0].calls, report.instances[0].failures, report.load), (20, 0, 0));
    }
}

#[tokio::test]
async fn a_crowd_shares_one_http2_connection() {
    let served = serve(echo()).await;
    let rules = Upstream { protocol: Protocol::Http2, ..upstream(&[served.address]) };
    let service = mesh().declare("echo", rules).unwrap();
    let calls = (0..50).map(|_| service.send(get("/who"), Call::within(SOON)));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().response.status(), StatusCode::OK);
    }
    assert_eq!(served.count(), 1);
}

#[tokio::test]
async fn bodies_stream_both_ways_at_the_same_time() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let served = serve(echo()).await;
        let service = mesh().declare("echo", Upstream { protocol, ..upstream(&[served.address]) }).unwrap();
        let (send, receive) = mpsc::channel::<Bytes>(1);
        let stream = futures_util::stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) });
        let body = Body::from_stream(stream.map(Ok::<_, std::io::Error>));
        let request = Request::builder().method(Method::POST).uri("/echo").body(body).unwrap();
        send.send(Bytes::from_static(b"first")).await.unwrap();
        let answer = service.send(request, Call::within(SOON)).await.unwrap();
        let mut body = answer.response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
        // The rest is sent after the answer has begun.
        for part in ["second", "third"] {
            send.send(Bytes::from_static(part.as_bytes())).await.unwrap();
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), part);
        }
        drop(send);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "");
    }
}

/// A client may read nothing before it has sent everything, and an upstream may answer before it has read everything.
#[tokio::test]
async fn a_request_is_sent_to_its_end_although_nobody_reads_the_answer() {
    const PART: usize = 256 * 1024;
    const PARTS: usize = 64;
    let address = raw(|_, stream| async move {
        let (mut reads, mut writes) = stream.into_split();
        let writing = tokio::spawn(async move {
            writes.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", PART * PARTS).as_bytes()).await.unwrap();
            for _ in 0..PARTS {
                writes.write_all(&[b'a'; PART]).await.unwrap();
            }
        });
        let mut read = 0;
        let mut buffer = vec![0; PART];
        while read < PART * PARTS {
            read += reads.read(&mut buffer).await.unwrap();
        }
        writing.await.unwrap();
    })
    .await;
    let service = mesh().declare("eager", upstream(&[address])).unwrap();
    let (send, receive) = mpsc::channel::<Bytes>(1);
    let stream = futures_util::stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) });
    let body = Body::from_stream(stream.map(Ok::<_, std::io::Error>));
    let request = Request::builder().method(Method::POST).uri("/").header("content-length", PART * PARTS).body(body).unwrap();
    let answer = service.send(request, Call::within(SOON)).await.unwrap();
    let sending = async {
        for _ in 0..PARTS {
            send.send(Bytes::from(vec![b'q'; PART])).await.unwrap();
        }
        drop(send);
    };
    tokio::time::timeout(SOON, sending).await.expect("all of the request leaves");
    assert_eq!(answer.response.into_body().collect().await.unwrap().to_bytes().len(), PART * PARTS);
}

#[tokio::test]
async fn trailers_come_through() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let with_trailers = || async {
            let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), http::HeaderValue::from_static("7"))]);
            let frames = [Ok::<_, axum::Error>(Frame::data(Bytes::from_static(b"body"))), Ok(Frame::trailers(trailers))];
            ([("trailer", "x-sum")], Body::new(StreamBody::new(futures_util::stream::iter(frames))))
        };
        let served = serve(Router::new().route("/", on_get(with_trailers))).await;
        let service = mesh().declare("sums", Upstream { protocol, ..upstream(&[served.address]) }).unwrap();
        let request = Request::builder().uri("/").header("te", "trailers").body(Body::empty()).unwrap();
        let answer = service.send(request, Call::within(SOON)).await.unwrap();
        let collected = answer.response.into_body().collect().await.unwrap();
        assert_eq!(collected.trailers().unwrap()["x-sum"], "7", "{protocol:?}");
        assert_eq!(collected.to_bytes(), "body");
    }
}

#[tokio::test]
async fn an_upgraded_connection_is_handed_over() {
    let address = raw(|_, mut stream| async move {
        let head = read_head(&mut stream).await.to_ascii_lowercase();
        assert!(head.contains("upgrade: echo\r\n") && head.contains("connection: upgrade\r\n"), "{head}");
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n").await.unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    })
    .await;
    let service = mesh().declare("echo", upstream(&[address])).unwrap();
    let request =
        || Request::builder().uri("/").header("upgrade", "echo").header("connection", "Upgrade").body(Body::empty()).unwrap();
    let mut call = Call::within(SOON);
    call.upgrade = Upgrade::Passed;
    let mut answer = service.send(request(), call).await.unwrap();
    assert_eq!(answer.response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(answer.response.headers()["upgrade"], "echo");
    let upgraded = hyper::upgrade::on(&mut answer.response).await.unwrap();
    let mut stream = TokioIo::new(upgraded);
    stream.write_all(b"ping").await.unwrap();
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"ping");
}

#[tokio::test]
async fn who_switches_unasked_is_not_believed() {
    let (address, heads) = recording("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n").await;
    let service = mesh().declare("odd", upstream(&[address])).unwrap();
    let request = Request::builder().uri("/").header("upgrade", "h2c").header("connection", "upgrade, http2-settings");
    let request = request.header("http2-settings", "AAMAAABk").method(Method::POST).body(Body::empty()).unwrap();
    let error = service.send(request, Call::within(SOON)).await.unwrap_err();
    assert!(matches!(error, CallError::BadAnswer { .. }), "{error}");
    let head = heads.lock()[0].to_ascii_lowercase();
    assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{head}");
}

#[tokio::test]
async fn head_has_no_body_and_the_connection_stays_usable() {
    let served = serve(Router::new().route("/", on_get(|| async { "12345" }))).await;
    let service = mesh().declare("page", upstream(&[served.address])).unwrap();
    for _ in 0..3 {
        let request = Request::builder().method(Method::HEAD).uri("/").body(Body::empty()).unwrap();
        let answer = service.send(request, Call::within(SOON)).await.unwrap();
        assert_eq!(answer.response.headers()["content-length"], "5");
        assert_eq!(text(answer.response.into_body()).await, "");
    }
    assert_eq!(served.count(), 1);
}

#[tokio::test]
async fn interim_answers_are_not_the_answer() {
    let (address, heads) =
        recording("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let service = mesh().declare("hints", upstream(&[address])).unwrap();
    let request = Request::builder().uri("/").header("expect", "100-continue").body(Body::empty()).unwrap();
    let answer = service.send(request, Call::within(SOON)).await.unwrap();
    assert_eq!(answer.response.status(), StatusCode::OK);
    assert_eq!(text(answer.response.into_body()).await, "ok");
    assert!(!heads.lock()[0].contains("expect"), "whoever asked was told to go on when the body was first read");
}

#[tokio::test]
async fn dropping_the_call_reaches_the_upstream() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        struct Gone(Arc<Notify>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let (entered, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (enters, goes) = (entered.clone(), gone.clone());
        let hangs = move || async move {
            let _gone = Gone(goes);
            enters.notify_one();
            std::future::pending::<StatusCode>().await
        };
        let served = serve(Router::new().route("/", on_get(hangs))).await;
        let service = mesh().declare("slow", Upstream { protocol, ..upstream(&[served.address]) }).unwrap();
        let caller = service.clone();
        let task = tokio::spawn(async move { caller.send(get("/"), Call::within(SOON)).await.map(drop) });
        entered.notified().await;
        assert_eq!(service.report().load, 1);
        task.abort();
        tokio::time::timeout(SOON, gone.notified()).await.expect("the upstream's handler is dropped");
        until("the call is over", || service.report().load == 0).await;
        assert_eq!(service.report().instances[0].failures, 0, "a client that goes away proves nothing");
    }
}

#[tokio::test]
async fn a_body_that_stands_still_ends_and_counts_until_then() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = Timeouts { body_idle: Duration::from_millis(50), ..Timeouts::default() };
    let service = mesh().declare("still", Upstream { timeouts, ..upstream(&[address]) }).unwrap();
    let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
    assert_eq!(service.report().load, 1);
    let error = answer.response.into_body().collect().await.unwrap_err();
    assert!(matches!(error, banyan_mesh::BodyError::Idle(_)), "{error}");
    until("the call is over", || service.report().load == 0).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_whole_body() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345").await.unwrap();
    })
    .await;
    let service = mesh().declare("half", upstream(&[address])).unwrap();
    let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
    assert!(answer.response.into_body().collect().await.is_err());
}

#[tokio::test]
async fn a_kept_connection_that_the_upstream_has_closed_is_replaced_for_any_method() {
    let served = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = served.clone();
    let address = raw(move |_, mut stream| {
        let counted = counted.clone();
        async move {
            read_head(&mut stream).await;
            counted.fetch_add(1, Ordering::SeqCst);
            // Keep-alive is promised and then broken.
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
    })
    .await;
    let service = mesh().declare("forgetful", upstream(&[address])).unwrap();
    for _ in 0..20 {
        let request = Request::builder().method(Method::POST).uri("/").body(Body::from("x")).unwrap();
        let answer = service.send(request, Call::within(SOON)).await.unwrap();
        assert_eq!(text(answer.response.into_body()).await, "ok");
        // The end of the connection is heard before the next request, as it nearly always is: the reactor looks every 61 turns.
        for _ in 0..300 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(served.load(Ordering::SeqCst), 20, "nothing was sent twice");
}

/// Names that resolvers take for an address of the link, and one of nobody, are not connected to; others are.
#[tokio::test]
async fn a_guarded_upstream_never_connects_to_the_link() {
    let served = serve(Router::new().fallback(|| async { "here" })).await;
    let guarded = |host: &str| {
        let endpoint = Endpoint::new(format!("http://{host}:{}", served.address.port()).parse().unwrap());
        let reach = Reach::Guarded { except: Arc::new([]) };
        Upstream { discovery: Discovery::Static(vec![endpoint]), reach, retry: Retry::never(), ..Upstream::default() }
    };
    let mesh = mesh();
    for (at, host) in ["169.254.169.254", "2852039166", "0", "0.0.0.0", "[::ffff:a9fe:a9fe]"].into_iter().enumerate() {
        let service = mesh.declare(&format!("cloud-{at}"), guarded(host)).unwrap();
        let error = service.send(get("/"), Call::within(SOON)).await.map(drop).unwrap_err();
        assert!(format!("{error:?}").contains("may not have"), "{host}: {error:?}");
    }
    assert_eq!(served.count(), 0);
    for host in ["localhost", "127.0.0.1"] {
        let service = mesh.declare(&format!("good-{host}"), guarded(host)).unwrap();
        let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
        assert_eq!(text(answer.response.into_body()).await, "here", "{host}");
    }
}
