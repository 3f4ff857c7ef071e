//! What happens on the wire: floods, tricks, the slow, both versions of HTTP.

use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{door, door_with, raw, read_to_end, status};

const CLOSE: &str = "host: localhost\r\nconnection: close\r\n";

async fn ask(running: &banyan_edge::Running, line: &str, headers: &str) -> String {
    raw(running, format!("{line} HTTP/1.1\r\n{CLOSE}{headers}\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_request_is_answered_over_a_socket() {
    let running = door().serve();
    let answer = ask(&running, "GET /api/v1/me", "").await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(
        answer.contains("\"address\":\"127.0.0.1\"") && answer.contains("\r\nx-request-id: ") && answer.contains("\r\ndate: ")
    );
    assert!(!answer.to_ascii_lowercase().contains("\r\nserver:"), "{answer}");
}

#[tokio::test]
async fn a_connection_is_kept_and_requests_in_one_packet_are_answered_in_order() {
    let running = door().serve();
    let post = "POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\none";
    let chunked = "POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n";
    let last = format!("GET /api/v1/things/1 HTTP/1.1\r\n{CLOSE}\r\n");
    let answer = raw(&running, format!("{post}{chunked}{last}").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    assert!(answer.find("one") < answer.find("two") && answer.find("two") < answer.find("thing"), "{answer}");
}

#[tokio::test]
async fn floods_are_refused_with_a_status() {
    let running = door().serve();
    let fields = |count: usize| (0..count).map(|at| format!("x-{at}: 1\r\n")).collect::<String>();
    for count in [90, 101, 5_000] {
        assert_eq!(status(&ask(&running, "GET /", &fields(count)).await), 431, "{count} fields");
    }
    for bytes in [20_000, 200_000, 5_000_000] {
        assert_eq!(status(&ask(&running, "GET /", &format!("cookie: {}\r\n", "a".repeat(bytes))).await), 431, "{bytes} bytes");
    }
    for bytes in [9_000, 66_000, 100_000] {
        assert_eq!(status(&ask(&running, &format!("GET /{}", "a".repeat(bytes)), "").await), 414, "{bytes} bytes");
    }
}

#[tokio::test]
async fn smuggling_is_refused_and_the_connection_closed() {
    let running = door().serve();
    let hidden = "0\r\n\r\nGET /api/v1/things/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for headers in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n",
        "Transfer-Encoding: chunked\r\nCONTENT-LENGTH: 6\r\n",
        "transfer-encoding: identity\r\ncontent-length: 6\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "content-length: 6\r\ncontent-length: 7\r\n",
        "content-length: +6\r\n",
        "content-length: 0x6\r\n",
        "content-length: -1\r\n",
        "x: y\r\n transfer-encoding: chunked\r\n",
        "x\0y: z\r\n",
    ] {
        let bytes = format!("POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n{hidden}");
        let answer = raw(&running, bytes.as_bytes()).await;
        assert_eq!(status(&answer), 400, "{headers:?}: {answer}");
        assert!(!answer.contains("thing") && answer.matches("HTTP/1.1").count() == 1, "{headers:?}: {answer}");
    }
    let old = raw(&running, format!("POST /api/v1/echo HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n{hidden}").as_bytes()).await;
    assert_eq!(status(&old), 400);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let running = door().serve();
    for bytes in [
        "GET / HTTP/1.1\r\nconnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nhost: b.example\r\n\r\n",
        "GET //evil.example HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /../etc/passwd HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /api/v1/%2e%2e%2fme HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /a\\b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /a%00 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET\r\n\r\n",
        "what is this\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
    ] {
        assert_eq!(status(&raw(&running, bytes.as_bytes()).await), 400, "{bytes:?}");
    }
    let connect = "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\nconnection: close\r\n\r\n";
    assert_eq!(status(&raw(&running, connect.as_bytes()).await), 405);
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_sent_and_the_answer_arrives() {
    let running = door_with(|settings| settings.limits.body_bytes = 1_000_000).serve();
    let head = "POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10000000\r\n";
    let patient = raw(&running, format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).await;
    assert_eq!(status(&patient), 413);
    assert!(patient.contains("payload-too-large"), "{patient}");
    assert!(patient.contains("\r\nconnection: close\r\n"), "{patient}");
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    // A client that sends without listening: the answer must survive until it looks.
    let sending = async {
        let piece = vec![b'x'; 100_000];
        for _ in 0..100 {
            if writing.write_all(&piece).await.is_err() {
                break;
            }
        }
    };
    sending.await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), reading.read_to_end(&mut answer)).await.expect("the connection closes");
    let answer = String::from_utf8_lossy(&answer);
    assert_eq!(status(&answer), 413);
    assert!(answer.contains("\r\nconnection: close\r\n"), "a client that keeps connections must know: {answer}");
    let chunk = format!("20000\r\n{}\r\n", "x".repeat(0x20000));
    let chunked =
        format!("POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(20));
    assert_eq!(status(&raw(&running, chunked.as_bytes()).await), 413);
}

#[tokio::test]
async fn a_body_that_nobody_wants_ends_the_connection_unless_it_is_small() {
    let running = door().serve();
    let small = "POST /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nsmall";
    let large = format!("POST /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500000\r\n\r\n{}", "x".repeat(500_000));
    let answers = raw(&running, format!("{small}{small}{large}").as_bytes()).await;
    let (first, last) = answers.rsplit_once("HTTP/1.1 404").unwrap();
    assert_eq!(first.matches("HTTP/1.1 404").count(), 2, "{answers}");
    assert!(!first.contains("connection: close") && last.contains("\r\nconnection: close\r\n"), "{answers}");
    let chunked =
        "POST /nothing HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\nsmall\r\n5\r\nsmall\r\n0\r\n\r\n";
    assert!(raw(&running, chunked.as_bytes()).await.contains("\r\nconnection: close\r\n"));
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_not_waited_for() {
    let door = door_with(|settings| settings.deadlines.header = Duration::from_millis(400));
    let running = door.serve();
    let connect = || TcpStream::connect(running.local_addr());
    let mut silent = connect().await.unwrap();
    assert_eq!(read_to_end(&mut silent).await, "", "says nothing at all");
    for part in ["G", "PR", "GET / HTTP/1.1\r\nhost: loc", "GET / HTTP/1.1\r\nhost: localhost\r\nx: y\r\n"] {
        let mut slow = connect().await.unwrap();
        slow.write_all(part.as_bytes()).await.unwrap();
        assert_eq!(status(&read_to_end(&mut slow).await), 408, "{part:?}");
    }
}

/// The deadlines are long enough for a busy machine to send an honest head within them.
#[tokio::test]
async fn a_slow_body_and_an_idle_connection_end() {
    let door = door_with(|settings| {
        settings.deadlines.idle = Duration::from_secs(1);
        settings.deadlines.body = Duration::from_millis(50);
    });
    let running = door.serve();
    let connect = || TcpStream::connect(running.local_addr());
    let mut body = connect().await.unwrap();
    body.write_all(b"POST /api/v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    let answer = read_to_end(&mut body).await;
    assert_eq!(status(&answer), 408);
    assert!(answer.contains("request-timeout"), "{answer}");
    let mut idle = connect().await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_to_end(&mut idle).await), 200, "kept alive, then closed");
}

#[tokio::test]
async fn a_head_in_drips_is_cut_off_although_bytes_keep_coming() {
    let door = door_with(|settings| settings.deadlines.header = Duration::from_secs(1));
    let running = door.serve();
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    // An honest request first, so that only the head's own time counts.
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"}") {
        assert!(stream.read_buf(&mut first).await.unwrap() > 0);
    }
    let (mut reading, mut writing) = stream.split();
    let dripping = async {
        let mut drips = tokio::time::interval(Duration::from_millis(5));
        loop {
            drips.tick().await;
            if writing.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        () = dripping => unreachable!("drips for ever"),
        result = tokio::time::timeout(Duration::from_secs(10), reading.read_to_end(&mut rest)) => {
            let _ = result.expect("cut off");
        }
    }
    assert_eq!(status(&String::from_utf8_lossy(&rest)), 408);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so() {
    let door = door_with(|settings| settings.limits.connections = 2);
    let running = door.serve();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut buffer = [0; 1024];
        assert!(stream.read(&mut buffer).await.unwrap() > 0);
        held.push(stream);
    }
    let turned_away = raw(&running, b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(status(&turned_away), 503);
    assert!(turned_away.contains("retry-after: 1"));
    let admin = running.admin_addr().unwrap();
    let mut stream = TcpStream::connect(admin).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), 200, "operators still get in");
}

#[tokio::test]
async fn http_2_has_the_same_door() {
    let door = door_with(|settings| settings.limits.body_bytes = 1_000_000);
    let running = door.serve();
    let stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = |method: &str, path: &str, body: Body| {
        http::Request::builder().method(method).uri(format!("http://fittracker.localhost{path}")).body(body).unwrap()
    };
    let response = sender.send_request(request("GET", "/api/v1/me", Body::empty())).await.unwrap();
    assert_eq!(response.status(), 200);
    let text = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("\"tenant\":\"fittracker\""));
    let response = sender.send_request(request("POST", "/api/v1/echo", Body::from("x".repeat(2_000_000)))).await.unwrap();
    assert_eq!(response.status(), 413);
    let response = sender.send_request(request("GET", "/api/v1//me", Body::empty())).await.unwrap();
    assert_eq!(response.status(), 400);
    drop(sender);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_http_2_connection_without_a_request_is_closed_in_good_order() {
    let door = door_with(|settings| settings.deadlines.header = Duration::from_millis(50));
    let running = door.serve();
    let stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), connection).await.expect("closed");
    assert!(ended.is_ok(), "{ended:?}");
    drop(sender);
}

#[tokio::test]
async fn operators_have_a_listener_of_their_own() {
    let door = door();
    let running = door.serve();
    assert_eq!(status(&ask(&running, "GET /metrics", "").await), 404, "not in public");
    ask(&running, "GET /api/v1/things/1", "").await;
    let stream = TcpStream::connect(running.admin_addr().unwrap()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<bytes::Bytes>>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut get = async |path: &str| {
        let request = http::Request::builder().uri(path).header("host", "localhost").body(Empty::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    };
    let (code, metrics) = get("/metrics").await;
    assert_eq!(code, 200);
    assert!(metrics.contains(r#"http_requests_total{method="GET",route="/api/v1/things/{id}",status="200"} 1"#), "{metrics}");
    assert!(metrics.contains("http_connections_open "), "{metrics}");
    assert!(get("/services").await.1.contains("\"address\":\"in-process\""));
    assert_eq!(get("/readyz").await.0, 200);
    door.toy.stop();
    assert!(get("/health").await.1.contains("no instance takes calls"));
    assert_eq!(get("/api/v1/me").await.0, 404, "the interface is elsewhere");
}
