//! Certificates from a real authority of the test's own: `pebble`, which checks signatures, nonces and the order of steps, and
//! fetches the answers to its challenges.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_kernel::OsRandom;
use banyan_tls::{Acme, AcmeError, AcmeSettings, CertificateInfo, ServerCertificates};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::Place;

struct Pebble {
    process: Child,
    directory: String,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

impl Pebble {
    /// Starts it; it asks for proofs at this port.
    async fn start(place: &Place, proofs: u16) -> Self {
        let server = place.server(&["localhost"]);
        let (address, management) = (free(), free());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": address.to_string(),
            "managementListenAddress": management.to_string(),
            "certificate": server.files.certificate,
            "privateKey": server.files.key,
            "httpPort": proofs,
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let file = place.folder.path().join("pebble.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let process = Command::new("pebble")
            .args(["-strict", "-config"])
            .arg(file)
            // Some nonces are refused, so that the client must have learnt to try again.
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "10"), ("PEBBLE_AUTHZREUSE", "0")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`pebble` is needed: cargo xtask test installs it (Debian: apt-get install pebble)");
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "pebble does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, directory: format!("https://localhost:{}/dir", address.port()) }
    }
}

/// An address that is free now.
fn free() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Obtains as the server does: what failed for now is tried again. The client gives up after three refused nonces in a row.
async fn obtain(acme: &Acme) -> Result<CertificateInfo, AcmeError> {
    loop {
        match acme.obtain().await {
            Err(error) if error.to_string().contains("badNonce") => {}
            ended => return ended,
        }
    }
}

/// Answers challenges over plain HTTP, as a listener of ours does; wrongly if told so.
async fn answer(certificates: ServerCertificates, lie: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default();
            let answer = certificates.challenges().answer(path).unwrap_or_default();
            let answer = if lie.load(Ordering::Relaxed) { "something else" } else { &answer };
            let length = answer.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}");
            let _left = stream.write_all(head.as_bytes()).await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_obtained_kept_and_renewed() {
    let place = Place::new();
    let certificates = ServerCertificates::load(Vec::new(), place.clock()).unwrap();
    let lie = Arc::new(AtomicBool::new(true));
    let pebble = Pebble::start(&place, answer(certificates.clone(), lie.clone()).await).await;
    let settings = AcmeSettings {
        directory: pebble.directory.clone(),
        email: Some("ops@example.org".to_owned()),
        domains: vec!["localhost".to_owned()],
        roots: Some(place.authority.certificate()),
        folder: place.folder.path().join("acme"),
    };
    let acme = |certificates: &ServerCertificates| {
        Acme::new(settings.clone(), certificates.clone(), place.clock(), Arc::new(OsRandom)).unwrap()
    };
    let first = acme(&certificates);
    assert_eq!(first.due(), None, "at once");
    let error = obtain(&first).await.unwrap_err();
    assert!(matches!(&error, AcmeError::Unproven { domain, .. } if domain == "localhost"), "{error}");
    assert!(certificates.shown().is_empty());

    lie.store(false, Ordering::Relaxed);
    let info = obtain(&first).await.unwrap();
    assert_eq!((info.names.as_slice(), certificates.shown().as_slice()), (&["localhost".to_owned()][..], &[info.clone()][..]));
    assert!(info.issuer.contains("Pebble"), "{}", info.issuer);
    let due = first.due().unwrap();
    assert!(due >= info.due() && due < info.not_after && due.seconds_since(info.not_before) > 0);
    for name in ["account.json", "certificate.key", "certificate.pem"] {
        let mode = settings.folder.join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }

    // A restart shows it at once, and knows its account.
    let account = std::fs::read(settings.folder.join("account.json")).unwrap();
    let anew = ServerCertificates::load(Vec::new(), place.clock()).unwrap();
    let second = acme(&anew);
    assert_eq!(anew.shown(), std::slice::from_ref(&info));
    assert_eq!(second.due(), Some(due));
    let port = answer(anew.clone(), lie).await;
    drop(pebble);
    let pebble = Pebble::start(&place, port).await;
    // Another authority does not know the account: a new one is made.
    let elsewhere = AcmeSettings { directory: pebble.directory.clone(), ..settings.clone() };
    let third = Acme::new(elsewhere, anew.clone(), place.clock(), Arc::new(OsRandom)).unwrap();
    let renewed = obtain(&third).await.unwrap();
    assert_ne!(std::fs::read(settings.folder.join("account.json")).unwrap(), account);
    assert_eq!(anew.shown(), [renewed]);
}

#[test]
fn what_cannot_be_obtained_is_said_at_once() {
    let place = Place::new();
    let certificates = ServerCertificates::load(Vec::new(), place.clock()).unwrap();
    for bad in ["*.example.org", "10.0.0.1", ""] {
        let settings = AcmeSettings {
            directory: "https://localhost/dir".to_owned(),
            email: None,
            domains: vec![bad.to_owned()],
            roots: None,
            folder: place.folder.path().join("acme"),
        };
        let refused = Acme::new(settings, certificates.clone(), place.clock(), Arc::new(OsRandom));
        assert!(matches!(refused, Err(AcmeError::Domain { .. })), "{bad}");
    }
}
