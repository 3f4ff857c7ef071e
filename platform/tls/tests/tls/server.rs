use std::sync::Arc;
use std::time::Duration;

use banyan_tls::{PairFiles, ServerCertificates, TlsError};
use tokio::sync::{Notify, watch};

use crate::support::{Place, certificate, client_of, meet};

#[tokio::test]
async fn the_name_decides_which_certificate_is_shown() {
    let place = Place::new();
    let (first, wild, both) =
        (place.server(&["a.example.org"]), place.server(&["*.example.org"]), place.server(&["b.example.org", "localhost"]));
    let files = [&first, &wild, &both].map(|issued| issued.files.clone());
    let certificates = ServerCertificates::load(files.to_vec(), place.clock()).unwrap();
    for (name, expected) in [("a.example.org", &first), ("A.Example.ORG", &first), ("c.example.org", &wild), ("localhost", &both)]
    {
        let met = meet(certificates.config(), place.client(), name).await.unwrap();
        assert_eq!(met.server[0], certificate(&expected.files), "{name}");
    }
    // A wildcard stands for one label; others get the default, which their client refuses.
    for name in ["x.y.example.org", "example.org", "other.test", "127.0.0.1"] {
        assert!(meet(certificates.config(), place.client(), name).await.is_err(), "{name}");
    }
    assert_eq!(certificates.shown().len(), 3);
}

#[tokio::test]
async fn both_versions_of_http_are_offered_and_sessions_resume() {
    let place = Place::new();
    let server = place.server(&["localhost"]);
    let certificates = ServerCertificates::load(vec![server.files], place.clock()).unwrap();
    let mut client = client_of(&place.authority.certificate());
    client.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    let client = Arc::new(client);
    let met = meet(certificates.config(), client.clone(), "localhost").await.unwrap();
    assert_eq!((met.alpn.as_deref(), met.resumed), (Some(b"h2".as_slice()), false));
    assert!(meet(certificates.config(), client, "localhost").await.unwrap().resumed);
    let mut client = client_of(&place.authority.certificate());
    client.alpn_protocols = vec![b"spdy/3".to_vec()];
    assert!(meet(certificates.config(), Arc::new(client), "localhost").await.is_err());
}

#[tokio::test]
async fn without_a_certificate_handshakes_fail() {
    let place = Place::new();
    let certificates = ServerCertificates::load(Vec::new(), place.clock()).unwrap();
    assert!(meet(certificates.config(), place.client(), "localhost").await.is_err());
}

#[tokio::test]
async fn changed_files_are_taken_and_bad_ones_are_not() {
    let place = Place::new();
    let old = place.server(&["localhost"]);
    let certificates = ServerCertificates::load(vec![old.files.clone()], place.clock()).unwrap();
    assert!(certificates.reload().taken.is_empty(), "nothing has changed");
    let new = place.server(&["localhost"]);
    assert_eq!(certificates.reload().taken.len(), 1);
    let shown = async || meet(certificates.config(), place.client(), "localhost").await.unwrap().server[0].clone();
    assert_eq!(shown().await, certificate(&new.files));

    let good = certificate(&new.files);
    let key = std::fs::read(&new.files.key).unwrap();
    let text = std::fs::read(&new.files.certificate).unwrap();
    let other = place.server(&["other.test"]);
    let refuse = |wrong: &str| {
        let reloaded = certificates.reload();
        assert!(reloaded.taken.is_empty() && reloaded.refused.len() == 1, "{wrong}: {reloaded:?}");
        reloaded.refused.into_iter().next().unwrap()
    };
    std::fs::write(&new.files.certificate, "half of a cert").unwrap();
    assert!(matches!(refuse("no PEM"), TlsError::NoCertificate { .. }));
    std::fs::write(&new.files.certificate, &text[..text.len() / 2]).unwrap();
    assert!(matches!(refuse("cut"), TlsError::Certificate { .. } | TlsError::NoCertificate { .. }));
    std::fs::write(&new.files.certificate, &text).unwrap();
    std::fs::copy(&other.files.key, &new.files.key).unwrap();
    assert!(matches!(refuse("another's key"), TlsError::Mismatch { .. }));
    std::fs::write(&new.files.key, &text).unwrap();
    assert!(matches!(refuse("no key"), TlsError::NoKey { .. }));
    std::fs::remove_file(&new.files.key).unwrap();
    assert!(matches!(refuse("no file"), TlsError::Read { .. }));
    assert_eq!(shown().await, good, "the old one goes on");
    std::fs::write(&new.files.key, key).unwrap();
    let reloaded = certificates.reload();
    assert!(reloaded.taken.is_empty() && reloaded.refused.is_empty(), "back to what is shown: {reloaded:?}");

    let last = place.server(&["localhost"]);
    place.clock.advance_seconds(100 * 24 * 60 * 60);
    assert!(matches!(refuse("expired"), TlsError::Expired { .. }));
    assert_ne!(shown().await, certificate(&last.files));
}

#[tokio::test]
async fn the_watcher_takes_changes_by_itself() {
    let place = Place::new();
    let old = place.server(&["localhost"]);
    let certificates = ServerCertificates::load(vec![old.files], place.clock()).unwrap();
    let (stop, stopped) = watch::channel(false);
    let nudge = Arc::new(Notify::new());
    // Long enough that only the nudge can be the reason.
    let watching = tokio::spawn(certificates.clone().watch(Duration::from_secs(3_600), nudge.clone(), stopped));
    let new = place.server(&["localhost", "new.test"]);
    nudge.notify_one();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while certificates.shown()[0] != new.info {
        assert!(tokio::time::Instant::now() < deadline, "the change was not seen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send_replace(true);
    watching.await.unwrap();
}

#[test]
fn what_cannot_be_used_is_said_at_the_start() {
    let place = Place::new();
    let (one, two) = (place.server(&["a.test"]), place.server(&["b.test"]));
    let mixed = PairFiles { certificate: one.files.certificate, key: two.files.key };
    let error = ServerCertificates::load(vec![mixed], place.clock()).unwrap_err().to_string();
    assert!(error.contains("b.test.key") && error.contains("does not belong"), "{error}");
    let nothing = PairFiles { certificate: place.folder.path().join("no.pem"), key: place.folder.path().join("no.key") };
    let error = ServerCertificates::load(vec![nothing], place.clock()).unwrap_err().to_string();
    assert!(error.contains("no.pem"), "{error}");
}
