//! What comes before a request: TLS, PROXY headers, caps; and what the plain listener says.

use std::time::Duration;

use axum::body::Body;
use banyan_edge::{EdgeSettings, Plain, ProxyProtocol};
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::{door, door_with, eventually, raw, read_to_end, status};
use crate::wires::{Certified, read_until};

const ME: &[u8] = b"GET /api/v1/me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn behind_a_proxy(settings: &mut EdgeSettings) {
    settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    settings.proxy_protocol = ProxyProtocol::FromTrustedProxies;
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_by_tls() {
    let door = door();
    let certified = Certified::new();
    let running = certified.serve(&door);
    let mut stream = certified.connect(&running, &["http/1.1"]).await.unwrap();
    stream.write_all(ME).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");

    let stream = certified.connect(&running, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("https://localhost/api/v1/me").body(Body::empty()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    drop(sender);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_is_changed_under_open_connections() {
    let door = door();
    let certified = Certified::new();
    let running = certified.serve(&door);
    let shown = |stream: &tokio_rustls::client::TlsStream<TcpStream>| stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    let mut old = certified.connect(&running, &["http/1.1"]).await.unwrap();
    certified.renew();
    assert_eq!(certified.certificates.reload().taken.len(), 1);
    let new = certified.connect(&running, &["http/1.1"]).await.unwrap();
    assert_ne!(shown(&old), shown(&new));
    old.write_all(ME).await.unwrap();
    assert_eq!(status(&read_until(&mut old, "\r\n\r\n").await), 200);
}

#[tokio::test]
async fn garbage_half_handshakes_and_the_slow_end_alone() {
    let door = door_with(|settings| {
        settings.deadlines.handshake = Duration::from_millis(50);
        settings.deadlines.header = Duration::from_millis(50);
    });
    let certified = Certified::new();
    let running = certified.serve(&door);
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let endless = [0x16, 3, 1, 0xff, 0xff].repeat(2_000);
    for bytes in [&b""[..], ME, &hello, &hello[..1], &[0x16; 70_000], &[0x80, 0x2e, 1, 0, 2], &[0; 3], &endless] {
        let mut stream = TcpStream::connect(running.tls_addr().unwrap()).await.unwrap();
        let _refused_early = stream.write_all(bytes).await;
        let answer = read_to_end(&mut stream).await;
        assert!(!answer.contains("HTTP/1.1 2"), "{answer}");
    }
    // A good handshake, and then a head that never ends.
    let mut slow = certified.connect(&running, &["http/1.1"]).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let mut answer = Vec::new();
    let _closed = slow.read_to_end(&mut answer).await;
    assert_eq!(status(&String::from_utf8_lossy(&answer)), 408);
    // A good handshake, and then nothing.
    let mut silent = certified.connect(&running, &["http/1.1"]).await.unwrap();
    answer.clear();
    let _closed = silent.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    eventually(async || door.edge.metrics().render().unwrap().contains("http_connections_open 0")).await;
    let mut good = certified.connect(&running, &["http/1.1"]).await.unwrap();
    good.write_all(ME).await.unwrap();
    assert_eq!(status(&read_until(&mut good, "\r\n\r\n").await), 200);
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_by_tls_is_given_up() {
    let door = door_with(|settings| settings.deadlines.write = Duration::from_millis(50));
    let certified = Certified::new();
    let running = certified.serve(&door);
    let mut stream = certified.connect(&running, &["http/1.1"]).await.unwrap();
    let request = b"GET /api/v1/long HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(20);
    // It asks and never reads, until the door stops taking requests.
    let asking = async { while stream.write_all(&request).await.is_ok() && stream.flush().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), asking).await.expect("the connection is ended");
    eventually(async || door.edge.metrics().render().unwrap().contains("http_connections_open 0")).await;
}

#[tokio::test]
async fn a_trusted_proxy_says_who_the_client_is() {
    let door = door_with(behind_a_proxy);
    let certified = Certified::new();
    let running = certified.serve(&door);
    let with = |header: &[u8]| [header, ME].concat();
    let answer = raw(&running, &with(b"PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\n")).await;
    assert!(answer.contains("\"address\":\"203.0.113.7\""), "{answer}");
    let six =
        [b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8".as_slice(), &[0; 11], &[1], &[0; 16], &[0, 1, 0, 2]].concat();
    let answer = raw(&running, &with(&six)).await;
    assert!(answer.contains("\"address\":\"2001:db8::1\""), "{answer}");
    let answer = raw(&running, &with(b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0")).await;
    assert!(answer.contains("\"address\":\"127.0.0.1\""), "the proxy asks for itself: {answer}");
    // The client's own words about itself count no more than ever.
    let lying = b"PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\nGET /api/v1/me HTTP/1.1\r\nhost: localhost\r\n\
                  x-forwarded-for: 1.1.1.1\r\nconnection: close\r\n\r\n";
    assert!(raw(&running, lying).await.contains("\"address\":\"203.0.113.7\""));

    let mut stream = TcpStream::connect(running.tls_addr().unwrap()).await.unwrap();
    stream.write_all(b"PROXY TCP4 203.0.113.7 127.0.0.1 4000 443\r\n").await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut stream = certified.connector(&["http/1.1"]).connect(name, stream).await.unwrap();
    stream.write_all(ME).await.unwrap();
    assert!(read_until(&mut stream, "}").await.contains("\"address\":\"203.0.113.7\""));
}

#[tokio::test]
async fn proxy_headers_that_are_missing_wrong_huge_or_slow_end_the_connection() {
    let door = door_with(|settings| {
        behind_a_proxy(settings);
        settings.deadlines.handshake = Duration::from_millis(100);
    });
    let running = door.serve();
    let huge = [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff".as_slice(), &[0; 65_535]].concat();
    let twice = [b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nPROXY TCP4 3.3.3.3 2.2.2.2 1 2\r\n", ME].concat();
    for bytes in [ME, &huge, b"PROXY TCP4 1.1.1.1", b"PROXY \r\n", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 99999\r\n", b""] {
        assert_eq!(raw(&running, bytes).await, "", "{:?}", &bytes[..bytes.len().min(40)]);
    }
    assert_eq!(status(&raw(&running, &twice).await), 400, "the second is no request");
}

#[tokio::test]
async fn nobody_else_may_say_so() {
    for protocol in [ProxyProtocol::Off, ProxyProtocol::FromTrustedProxies] {
        let door = door_with(|settings| {
            settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
            settings.proxy_protocol = protocol;
        });
        let running = door.serve();
        let answer = raw(&running, &[b"PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\n", ME].concat()).await;
        assert_eq!(status(&answer), 400, "{answer}");
        let answer = raw(&running, &[b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0", ME].concat()).await;
        assert!(!answer.contains(" 200 "), "{answer}");
        assert_eq!(status(&raw(&running, ME).await), 200);
    }
}

#[tokio::test]
async fn an_address_has_only_so_many_connections_and_proxies_have_more() {
    let door = door_with(|settings| settings.limits.connections_of_address = 2);
    let certified = Certified::new();
    let running = certified.serve(&door);
    let open = async || {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await;
        (status(&head), head, stream)
    };
    let (one, two) = (open().await, open().await);
    assert_eq!((one.0, two.0), (200, 200));
    let (refused, head, _) = open().await;
    assert_eq!(refused, 503);
    assert!(head.contains("retry-after: 1"), "{head}");
    assert!(certified.connect(&running, &["http/1.1"]).await.is_err(), "by TLS there is no answer");
    drop(one);
    eventually(async || open().await.0 == 200).await;

    let door = door_with(|settings| {
        settings.limits.connections_of_address = 1;
        behind_a_proxy(settings);
    });
    let running = door.serve();
    let mut streams = Vec::new();
    for (client, expected) in [("1.1.1.1", 200), ("2.2.2.2", 200), ("1.1.1.1", 503), ("127.0.0.1", 200), ("127.0.0.1", 200)] {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        let request = format!("PROXY TCP4 {client} 127.0.0.1 1 80\r\nGET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(status(&read_until(&mut stream, "\r\n\r\n").await), expected, "{client}");
        streams.push(stream);
    }
}

#[tokio::test]
async fn the_plain_listener_sends_people_to_tls_and_answers_machines() {
    let door = door_with(|settings| settings.plain = Plain::Redirect { port: 443 });
    let certified = Certified::new();
    certified.certificates.challenges().insert("token", "token.thumb");
    let running = certified.serve(&door);
    let ask = async |line: &str, host: &str| {
        raw(&running, format!("{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()).await
    };
    let sent = ask("POST /api/v1/echo?a=b", "example.org:8080").await;
    assert_eq!(status(&sent), 308, "{sent}");
    assert!(sent.contains("\r\nlocation: https://example.org/api/v1/echo?a=b\r\n"), "{sent}");
    assert_eq!(status(&ask("GET /api/v1/me", "exa mple").await), 400);
    for probe in ["/livez", "/readyz", "/health"] {
        assert_eq!(status(&ask(&format!("GET {probe}"), "localhost").await), 200, "{probe}");
    }
    let proof = ask("GET /.well-known/acme-challenge/token", "localhost").await;
    assert!(status(&proof) == 200 && proof.ends_with("\r\n\r\ntoken.thumb"), "{proof}");
    assert_eq!(status(&ask("GET /.well-known/acme-challenge/other", "localhost").await), 308);
    let mut stream = certified.connect(&running, &["http/1.1"]).await.unwrap();
    stream.write_all(ME).await.unwrap();
    assert_eq!(status(&read_until(&mut stream, "\r\n\r\n").await), 200);
}

#[tokio::test]
async fn too_much_work_is_shed_with_a_time_to_come_back() {
    let door = door_with(|settings| settings.limits.in_flight = 1);
    let running = door.serve();
    let mut busy = TcpStream::connect(running.local_addr()).await.unwrap();
    busy.write_all(b"GET /api/v1/slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    door.begun.notified().await;
    let shed = raw(&running, ME).await;
    assert_eq!(status(&shed), 503, "{shed}");
    assert!(shed.contains("\r\nretry-after: ") && shed.contains("\"overloaded\""), "{shed}");
    assert_eq!(status(&raw(&running, b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await), 200);
    door.release.notify_one();
    assert_eq!(status(&read_until(&mut busy, "at last").await), 200);
}

#[tokio::test]
async fn an_idle_connection_may_bring_a_last_request_while_the_door_closes() {
    let door = door_with(|settings| settings.drain.last_request = Duration::from_secs(3_600));
    let running = door.serve();
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let first = read_until(&mut stream, "\r\n\r\n").await;
    assert!(!first.contains("connection: close"), "{first}");
    let address = running.local_addr();
    let draining = tokio::spawn(running.drain());
    eventually(async || TcpStream::connect(address).await.is_err()).await;
    stream.write_all(request).await.unwrap();
    let last = read_to_end(&mut stream).await;
    assert!(last.contains("HTTP/1.1 200") && last.contains("\r\nconnection: close\r\n"), "{last}");
    assert_eq!(draining.await.unwrap(), banyan_edge::Drained::Finished);
}

#[tokio::test]
async fn another_door_goes_on_with_the_sockets_of_one_that_closes() {
    let (old, new) = (door(), door());
    let running = old.serve();
    let (address, sockets) = (running.local_addr(), running.sockets().unwrap());
    assert_eq!(running.drain().await, banyan_edge::Drained::Finished);
    // Nobody serves now, and who comes waits.
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(ME).await.unwrap();
    let listen = banyan_edge::Listen { public: address, tls: None, admin: None };
    let running = new.edge.serve_on(sockets, listen).unwrap();
    assert_eq!(running.local_addr(), address);
    assert_eq!(status(&read_to_end(&mut waiting).await), 200);
}
