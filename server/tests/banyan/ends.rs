//! The end in good order, and the end at once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::harness::{Place, Server, eventually, get, on_both_engines};

/// Waits until the server counts the request.
fn wait_until_begun(server: &Server) {
    let begun =
        || get(&format!("{}/metrics", server.admin), None).1.as_str()?.contains("http_requests_in_flight 1\n").then_some(());
    eventually("the request is in flight", begun);
}

/// Waits until the server calls itself unready, or takes no connections at all.
fn wait_until_unready(server: &Server) {
    let address = server.admin.strip_prefix("http://").unwrap();
    let ready =
        || TcpStream::connect(address).is_ok() && crate::harness::try_get(&format!("{}/readyz", server.admin)) == Some(200);
    eventually("readiness is off", || (!ready()).then_some(()));
}

/// The head and half of the body of a request to register.
fn begin_request(address: &str, rest: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let half = r#"{"email":"ann@example.org","password":"#;
    let length = half.len() + rest.len();
    let head = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(half.as_bytes()).unwrap();
    stream
}

on_both_engines! {
    fn a_request_in_flight_is_finished(place: Place) {
        let server = place.serve();
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        let rest = r#""three grey herons wade","name":"Ann"}"#;
        let mut stream = begin_request(&address, rest);
        wait_until_begun(&server);
        server.signal(Signal::TERM);
        wait_until_unready(&server);
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (status, log) = server.wait();
        assert!(status.success(), "{log}");
        assert!(!place.data().join("banyan.addr").exists());
        assert!(!place.data().join("banyan.sock").exists());
        let again = place.serve();
        again.log_in("ann@example.org", "three grey herons wade");
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = Place::sqlite();
    let server = place.serve();
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = begin_request(&address, "never sent");
    wait_until_begun(&server);
    server.signal(Signal::TERM);
    wait_until_unready(&server);
    server.signal(Signal::INT);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(130), "{log}");
    let mut answer = Vec::new();
    let _cut = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
}

#[test]
fn requests_that_take_too_long_are_cut() {
    let place = Place::sqlite();
    let server = place.serve_with(&[], &[("BANYAN_DRAIN_TIMEOUT", "100ms")]);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let _stream = begin_request(&address, "never sent");
    wait_until_begun(&server);
    server.signal(Signal::TERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("requests were cut"), "{log}");
}
