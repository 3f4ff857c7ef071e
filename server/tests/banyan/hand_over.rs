//! One process takes the place of another while people work, and certificates change under them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use crate::harness::{Place, Server, eventually, on_both_engines};

/// Clients that ask without a pause, each over connections that it keeps, until they are stopped.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    fn begin(server: &Server, token: &str) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        let client = |number: usize| {
            let (stop, answered, address, token) = (stop.clone(), answered.clone(), address.clone(), token.to_owned());
            std::thread::spawn(move || {
                let (mut failures, mut connection, mut count) = (Vec::new(), None, 0);
                while !stop.load(Ordering::Relaxed) {
                    // Some keep their connection for ever, some come anew each time, some in between.
                    if [0, 1, 7][number % 3] == 1 || (number % 3 == 2 && count % 7 == 0) {
                        connection = None;
                    }
                    count += 1;
                    let request = request(number, count, &address, &token);
                    match exchange(&address, &mut connection, &request) {
                        Ok(status) if status < 400 => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        Ok(status) => failures.push(format!("{status} to {}", request.lines().next().unwrap())),
                        Err(error) => {
                            failures.push(format!("{error} to {}", request.lines().next().unwrap()));
                            connection = None;
                        }
                    }
                }
                failures
            })
        };
        Self { clients: (0..6).map(client).collect(), stop, answered }
    }

    /// Waits for so many answers more.
    fn go_on(&self, more: usize) {
        let from = self.answered.load(Ordering::Relaxed);
        eventually("requests are answered", || (self.answered.load(Ordering::Relaxed) >= from + more).then_some(()));
    }

    /// How many were answered; none may have failed.
    #[track_caller]
    fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let failures: Vec<String> = self.clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        assert_eq!(failures, Vec::<String>::new());
        self.answered.load(Ordering::Relaxed)
    }
}

/// Reads and writes in turn.
fn request(number: usize, count: usize, address: &str, token: &str) -> String {
    let common = format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n");
    if count.is_multiple_of(4) {
        let body = json!({ "title": format!("Goal {number}.{count}") }).to_string();
        let length = body.len();
        return format!(
            "POST /api/v1/goals HTTP/1.1\r\n{common}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
    }
    format!("GET /api/v1/goals?limit=1 HTTP/1.1\r\n{common}\r\n")
}

/// One request with its answer. Nothing is tried twice.
fn exchange(address: &str, connection: &mut Option<TcpStream>, request: &str) -> std::io::Result<u16> {
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address)?,
    };
    stream.set_read_timeout(Some(Duration::from_secs(50)))?;
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length])?;
    if !head.contains("\r\nconnection: close\r\n") {
        *connection = Some(stream);
    }
    Ok(head[9..12].parse().unwrap_or(0))
}

on_both_engines! {
    fn a_new_process_takes_over_and_nothing_fails(place: Place) {
        let old = place.serve();
        let token = old.register("ann@example.org");
        let load = Load::begin(&old, &token);
        load.go_on(50);
        let new = place.serve_with(&["--take-over"], &[]);
        assert_eq!(new.url, old.url, "on the same sockets");
        assert_eq!(new.admin, old.admin);
        let (status, log) = old.wait();
        assert!(status.success(), "{status}: {log}");
        load.go_on(50);
        let third = place.serve_with(&["--take-over"], &[]);
        assert!(new.wait().0.success());
        load.go_on(50);
        let answered = load.end();
        assert!(answered >= 150, "{answered}");
        // The command line speaks with the one that serves.
        assert_eq!(place.run(&["health"]).good().trim(), "ready, up");
        place.run(&["tenant", "list"]).good();
        third.stop();
        assert!(!place.data().join("banyan.hand-over").exists() && !place.data().join("banyan.sock").exists());
    }

    fn a_new_process_that_cannot_start_changes_nothing(place: Place) {
        let old = place.serve();
        let token = old.register("ann@example.org");
        let load = Load::begin(&old, &token);
        load.go_on(20);
        // Before it says go: a certificate that is not there.
        let arguments = ["serve", "--take-over", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];
        let refused = place.run(&arguments).failed(2);
        assert!(refused.contains("banyan certs server"), "{refused}");
        load.go_on(20);
        // After it, where the engine leaves no other way: a key that does not open the data.
        let mut command = place.command(&["serve", "--take-over", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        let wrong = command.env("BANYAN_MASTER_KEY", "00".repeat(32)).output().unwrap();
        assert!(!wrong.status.success(), "{wrong:?}");
        load.go_on(50);
        load.end();
        assert_eq!(place.run(&["health"]).good().trim(), "ready, up");
        let new = place.serve_with(&["--take-over"], &[]);
        assert!(old.wait().0.success());
        new.stop();
    }
}

#[test]
fn where_nobody_serves_it_is_a_usual_start() {
    let place = Place::sqlite();
    let server = place.serve_with(&["--take-over"], &[]);
    let log = server.stop();
    assert!(log.contains("usual start"), "{log}");
}

#[test]
fn certificates_are_made_shown_and_renewed() {
    let place = Place::sqlite();
    assert!(place.run(&["certs", "show"]).good().contains("banyan certs init"));
    assert!(place.run(&["certs", "server", "localhost"]).failed(1).contains("banyan certs init"));
    place.run(&["certs", "init"]).good();
    assert!(place.run(&["certs", "init"]).failed(1).contains("--force"));
    let made = place.run(&["certs", "server", "localhost", "127.0.0.1"]).good();
    assert!(made.contains("localhost 127.0.0.1") && made.contains("servers/localhost.pem"), "{made}");
    place.run(&["certs", "node", "node-1", "--name", "10.0.0.5", "--days", "10"]).good();
    let shown = place.run(&["certs", "show"]).good();
    assert_eq!(shown.lines().count(), 4, "{shown}");
    let renewed = place.run(&["certs", "renew"]).good();
    assert!(renewed.contains("node-1") && !renewed.contains("localhost"), "{renewed}");
    assert!(place.run(&["certs", "renew", "--within", "1"]).good().contains("nothing expires"));
    assert!(place.run(&["certs", "node", "../x"]).failed(1).contains("lower-case letters"));
}

/// A connection of a client that trusts the place's authority.
fn connect(tls: &str, place: &Place) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(place.data().join("certs/ca.pem")).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = TcpStream::connect(tls.strip_prefix("https://").unwrap()).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).unwrap();
    }
    rustls::StreamOwned::new(connection, stream)
}

/// The head of the answer to `GET`.
fn ask(mut stream: impl std::io::Read + std::io::Write, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[test]
fn certificates_change_while_people_ask_and_plain_requests_are_sent_on() {
    let place = Place::sqlite();
    place.run(&["certs", "init"]).good();
    place.run(&["certs", "server", "localhost"]).good();
    let server = place.serve_with(
        &["--tls-listen", "127.0.0.1:0"],
        &[("BANYAN_TLS_RELOAD_INTERVAL", "100ms"), ("BANYAN_TLS_PLAIN", "redirect")],
    );
    let addresses: serde_json::Value = serde_json::from_slice(&std::fs::read(place.data().join("banyan.addr")).unwrap()).unwrap();
    let tls = addresses["tls"].as_str().unwrap();
    let plain = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    let sent = ask(plain, "/api/v1/content/landing");
    assert!(sent.starts_with("HTTP/1.1 308 ") && sent.contains("location: https://localhost"), "{sent}");

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0;
                    while !stop.load(Ordering::Relaxed) {
                        // A new connection each time.
                        let answer = ask(connect(tls, &place), "/livez");
                        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let taken = |count: usize| {
            place.run(&["certs", "server", "localhost", "--force"]).good();
            server.signal(rustix::process::Signal::HUP);
            eventually("it is shown", || (shown(tls, &place) == file(&place)).then_some(count));
        };
        (1..=3).for_each(taken);
        stop.store(true, Ordering::Relaxed);
        for client in asking {
            assert!(client.join().unwrap() > 0);
        }
    });
    // A bad one is refused, and the one before goes on.
    std::fs::write(place.data().join("certs/servers/localhost.key"), "half").unwrap();
    server.signal(rustix::process::Signal::HUP);
    assert!(ask(connect(tls, &place), "/livez").starts_with("HTTP/1.1 200 "));
    server.stop();
}

fn file(place: &Place) -> Vec<u8> {
    CertificateDer::from_pem_file(place.data().join("certs/servers/localhost.pem")).unwrap().to_vec()
}

/// The certificate that the server shows.
fn shown(tls: &str, place: &Place) -> Vec<u8> {
    connect(tls, place).conn.peer_certificates().unwrap()[0].to_vec()
}
