//! WebSocket and other protocols behind the door.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message as Said, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::routing::any;
use banyan_edge::{Drained, Known, RouteFile};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::fixture::{door, raw, read_to_end, serve, status};
use crate::wires::{Certified, read_until, wired};

const ECHO: &str = "host: localhost\r\nconnection: keep-alive, Upgrade\r\nupgrade: echo\r\n\r\n";

#[tokio::test]
async fn a_websocket_is_answered_by_a_service_in_the_process() {
    let wired = wired(|_| ()).await;
    let certified = Certified::new();
    let running = certified.serve(&wired.door);
    let stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let (mut socket, answer) = tokio_tungstenite::client_async("ws://localhost/wires/ws", stream).await.unwrap();
    assert!(answer.headers().contains_key("x-request-id"), "{answer:?}");
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("you said hello"));
    let stream = certified.connect(&running, &["http/1.1"]).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("wss://localhost/wires/ws", stream).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("you said hello"));
}

/// Says how it was asked, then what it is told, until it is told to go.
async fn chat(headers: HeaderMap, uri: axum::http::Uri, upgrade: WebSocketUpgrade) -> axum::response::Response {
    let field = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let asked = format!("{uri} {} {} {}", field("authorization"), field("x-api-key"), field("x-forwarded-proto"));
    upgrade.protocols(["chat.v2"]).on_upgrade(|mut socket| async move {
        let _gone = socket.send(Said::Text(asked.into())).await;
        while let Some(Ok(message)) = socket.recv().await {
            let end = matches!(&message, Said::Text(text) if text.as_str() == "go");
            if end || !matches!(message, Said::Text(_) | Said::Binary(_)) || socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::test]
async fn a_websocket_goes_through_a_route_to_an_upstream() {
    let address = serve(Router::new().fallback(any(chat))).await;
    let door = door();
    let text = format!(
        r#"
        [upstreams.chat]
        endpoints = ["http://{address}"]
        timeouts = {{ total = "5s", per_try = "5s", body_idle = "5s" }}
        [[routes]]
        name = "chat"
        path = "/chat/{{*rest}}"
        upstream = "chat"
        strip_prefix = "/chat"
        [[routes]]
        name = "none"
        path = "/none"
        upstream = "chat"
        auth = "public"
        upgrade = "refuse"
        "#
    );
    door.edge.apply(RouteFile::parse(&text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}")));
    let certified = Certified::new();
    let running = certified.serve(&door);
    let ask = |path: &str, token: &str| {
        let mut request =
            tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(format!("ws://localhost{path}"))
                .unwrap();
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        headers.insert("sec-websocket-protocol", "chat.v1, chat.v2".parse().unwrap());
        request
    };
    let plain = TcpStream::connect(running.local_addr()).await.unwrap();
    let (mut socket, answer) = tokio_tungstenite::client_async(ask("/chat/room?x=1", "ada"), plain).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "chat.v2");
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("/room?x=1   http"), "no credential of ours goes on");
    let large = Message::binary(vec![7; 1_000_000]);
    for message in [Message::text("hello"), large] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    // The other end goes, and so does ours.
    socket.send(Message::text("go")).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        assert!(message.is_close() || message == Message::text("go"), "{message:?}");
    }
    let secure = certified.connect(&running, &["http/1.1"]).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(ask("/chat/room", "ada"), secure).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("/room   https"));
    for (path, token, expected) in [("/chat/room", "forged", 401), ("/none", "ada", 400), ("/none/x", "ada", 404)] {
        let plain = TcpStream::connect(running.local_addr()).await.unwrap();
        let refused = tokio_tungstenite::client_async(ask(path, token), plain).await.unwrap_err();
        let tokio_tungstenite::tungstenite::Error::Http(answer) = refused else { panic!("{path}: {refused}") };
        assert_eq!(answer.status().as_u16(), expected, "{path}");
    }
}

#[tokio::test]
async fn bytes_go_both_ways_to_a_service_here_and_elsewhere() {
    let mut wired = wired(|_| ()).await;
    let running = wired.door.serve();
    for path in ["/wires/raw", "/wires/remote"] {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        // What follows the head at once belongs to the other protocol already.
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{ECHO}early ").as_bytes()).await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await;
        assert_eq!(status(&head), 101, "{head}");
        assert!(head.contains("\r\nupgrade: echo\r\n") && head.contains("\r\nconnection: upgrade\r\n"), "{head}");
        stream.write_all(b"late ").await.unwrap();
        assert_eq!(read_until(&mut stream, "late ").await, "early late ");
        let (mut reading, mut writing) = stream.split();
        let large: Vec<u8> = (0..300_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut back = vec![0; large.len()];
        let (wrote, read) = tokio::join!(writing.write_all(&large), reading.read_exact(&mut back));
        assert!(wrote.is_ok() && read.is_ok(), "{path}");
        assert_eq!(back, large, "{path}");
        writing.shutdown().await.unwrap();
        assert_eq!(reading.read(&mut back).await.unwrap(), 0, "{path}: the other end has heard of the end");
    }
    let head = wired.heads.recv().await.unwrap();
    assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: echo\r\n"), "{head}");
}

#[tokio::test]
async fn a_service_goes_over_only_to_what_was_asked_for() {
    let wired = wired(|_| ()).await;
    let running = wired.door.serve();
    let ask = |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    let close = "connection: close\r\n";
    for (path, fields) in [
        ("/wires/unasked", close),
        ("/wires/other", "connection: upgrade\r\nupgrade: websocket\r\n"),
        ("/wires/unasked", "connection: upgrade\r\nupgrade: h2c\r\n"),
    ] {
        let smuggled = "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let answer = raw(&running, format!("{}{smuggled}", ask(path, fields)).as_bytes()).await;
        assert_eq!(status(&answer), 503, "{path} {fields}: {answer}");
        assert!(!answer.contains("HTTP/1.1 101"), "{answer}");
    }
    let refused = raw(&running, ask("/wires/raw", close).as_bytes()).await;
    assert_eq!(status(&refused), 426, "{refused}");
    assert!(!refused.to_ascii_lowercase().contains("\r\nupgrade:"), "that field is for one hop: {refused}");
}

#[tokio::test]
async fn requests_in_doubt_are_no_upgrade_and_carry_nothing_of_it_on() {
    let mut wired = wired(|_| ()).await;
    let running = wired.door.serve();
    let body = "connection: upgrade, close\r\nupgrade: echo\r\ncontent-length: 3\r\n\r\nabc";
    let chunks = "connection: upgrade, close\r\nupgrade: echo\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let cases = [
        format!("GET {{path}} HTTP/1.1\r\nhost: localhost\r\n{body}"),
        format!("GET {{path}} HTTP/1.1\r\nhost: localhost\r\n{chunks}"),
        format!("POST {{path}} HTTP/1.1\r\nhost: localhost\r\n{body}"),
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: echo\r\n\r\n".into(),
        "GET {path} HTTP/1.0\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: echo\r\n\r\n".into(),
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nupgrade: echo\r\n\r\n".into(),
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: echo, websocket\r\n\r\n".into(),
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: echo\r\nupgrade: echo\r\n\r\n".into(),
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\n\
         http2-settings: AAMAAABkAAQAAP__\r\n\r\n"
            .into(),
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: TLS/1.0\r\n\r\n".into(),
    ];
    for case in cases {
        let answer = raw(&running, case.replace("{path}", "/wires/fields").as_bytes()).await;
        assert_eq!(status(&answer), 200, "{case}: {answer}");
        let said = answer.lines().last().unwrap_or_default();
        assert!(said.contains("/ false /"), "{case}: {said}");
        for name in ["upgrade", "connection", "http2-settings"] {
            assert!(!said.split(' ').any(|field| field == name), "{case}: {said}");
        }
        let answer = raw(&running, case.replace("{path}", "/wires/remote").as_bytes()).await;
        assert_eq!(status(&answer), 200, "{case}: {answer}");
        let head = wired.heads.recv().await.unwrap().to_ascii_lowercase();
        assert!(!head.contains("upgrade") && !head.contains("http2"), "{case}: {head}");
    }
}

#[tokio::test]
async fn silence_and_the_end_of_the_process_end_it_and_it_is_counted() {
    let wired = wired(|settings| {
        settings.drain.last_request = Duration::ZERO;
        settings.drain.upgraded = Duration::from_millis(20);
    })
    .await;
    let running = wired.door.serve();
    for path in ["/wires/raw", "/wires/remote"] {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{ECHO}").as_bytes()).await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        crate::fixture::eventually(async || {
            let metrics = wired.door.edge.metrics().render().unwrap();
            metrics.contains("http_upgrades_open 1") && metrics.contains("http_connections_open 1")
        })
        .await;
        stream.shutdown().await.unwrap();
        assert_eq!(read_to_end(&mut stream).await, "");
        crate::fixture::eventually(async || {
            let metrics = wired.door.edge.metrics().render().unwrap();
            metrics.contains("http_upgrades_open 0") && metrics.contains("http_connections_open 0")
        })
        .await;
    }
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(format!("GET /wires/remote HTTP/1.1\r\n{ECHO}").as_bytes()).await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    let (drained, rest) = tokio::join!(running.drain(), read_to_end(&mut stream));
    assert_eq!((drained, rest.as_str()), (Drained::Finished, ""), "both ends heard of it in good order");

    let wired = crate::wires::wired(|settings| settings.deadlines.upgraded = Duration::from_millis(20)).await;
    let running = wired.door.serve();
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(format!("GET /wires/raw HTTP/1.1\r\n{ECHO}").as_bytes()).await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    assert_eq!(read_to_end(&mut stream).await, "", "silent for too long");
}
