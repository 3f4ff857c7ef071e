//! Upstreams by TLS: who is believed, who is not, what is spoken, and which certificate is shown.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use banyan_edge::{EntryKind, Known, StoredEntry};
use banyan_kernel::SystemClock;
use banyan_tls::{Authority, NodeTls, Overwrite, PairFiles, ServerCertificates};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::fixture::{Door, door};

/// An authority of its own, and a server by it.
struct Elsewhere {
    folder: tempfile::TempDir,
    authority: Authority,
    own: PairFiles,
}

impl Elsewhere {
    /// `name` is what the certificate is for.
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::at(folder.path(), Arc::new(SystemClock));
        authority.init(10, Overwrite::Refuse).unwrap();
        let own = authority.server(&[name.to_owned()], 10, Overwrite::Refuse).unwrap().files;
        Self { folder, authority, own }
    }

    fn ca(&self) -> std::path::PathBuf {
        self.authority.certificate()
    }

    async fn serve(&self, protocols: &[&str]) -> Served {
        let certificates = ServerCertificates::load(vec![self.own.clone()], Arc::new(SystemClock)).unwrap();
        let mut config = rustls::ServerConfig::clone(&certificates.config());
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        serve(Arc::new(config)).await
    }
}

struct Served {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// Says which version of HTTP it was asked by.
async fn serve(config: Arc<rustls::ServerConfig>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, acceptor) = (listener.local_addr().unwrap(), TlsAcceptor::from(config));
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let router = Router::new().fallback(|request: Request| async move { format!("{:?}", request.version()) });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router, counted) = (acceptor.clone(), router.clone(), counted.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                counted.fetch_add(1, Ordering::SeqCst);
                let service = TowerToHyperService::new(router);
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ended = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Served { address, connections }
}

fn file(host: &str, address: SocketAddr, tls: &str) -> String {
    format!(
        "[upstreams.far]\nendpoints = [\"https://{host}:{}\"]\nretry = \"off\"\nejection = \"off\"\ntls = {tls}\n[[routes]]\nname = \"far\"\npath = \"/far\"\nupstream = \"far\"\nauth = \"public\"\n",
        address.port()
    )
}

fn ca(path: &Path) -> String {
    format!("ca_file = {:?}", path.to_str().unwrap())
}

fn load(door: &Door, text: &str) {
    door.edge.load(text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}"));
}

async fn asked(door: &Door) -> (StatusCode, String) {
    let answer = door.get("/far").await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn an_own_authority_is_believed_and_both_protocols_are_spoken() {
    let elsewhere = Elsewhere::new("localhost");
    for (offered, spoken) in [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")] {
        let (served, door) = (elsewhere.serve(offered).await, door());
        load(&door, &file("localhost", served.address, &format!("{{ {} }}", ca(&elsewhere.ca()))));
        assert_eq!(asked(&door).await, (StatusCode::OK, spoken.to_owned()), "{offered:?}");
        // What changes nothing about the upstream leaves its connections.
        load(
            &door,
            &format!(
                "{}[[routes]]\nname = \"b\"\npath = \"/b\"\nrespond = {{ status = 204 }}\n",
                file("localhost", served.address, &format!("{{ {} }}", ca(&elsewhere.ca())))
            ),
        );
        assert_eq!(asked(&door).await.0, StatusCode::OK);
        assert_eq!(served.connections.load(Ordering::SeqCst), 1, "{offered:?}");
    }
}

#[tokio::test]
async fn who_is_not_who_was_meant_gets_nothing() {
    let (elsewhere, other) = (Elsewhere::new("localhost"), Elsewhere::new("localhost"));
    let named = Elsewhere::new("shop.example.org");
    let served = elsewhere.serve(&["h2"]).await;
    let of_name = named.serve(&["h2"]).await;
    let cases = [
        (file("localhost", served.address, &format!("{{ {} }}", ca(&other.ca()))), StatusCode::BAD_GATEWAY, "another authority"),
        (
            file("localhost", served.address, "{ certificate_check = \"full\", client_certificate = CERT, client_key = KEY }")
                .replace("CERT", &format!("{:?}", other.own.certificate.to_str().unwrap()))
                .replace("KEY", &format!("{:?}", other.own.key.to_str().unwrap())),
            StatusCode::BAD_GATEWAY,
            "an authority that no browser believes",
        ),
        (file("localhost", of_name.address, &format!("{{ {} }}", ca(&named.ca()))), StatusCode::BAD_GATEWAY, "another name"),
        (
            file("localhost", of_name.address, &format!("{{ {}, server_name = \"shop.example.org\" }}", ca(&named.ca()))),
            StatusCode::OK,
            "the name that was said",
        ),
        (
            file("localhost", of_name.address, "{ certificate_check = \"insecurely-accept-any\" }"),
            StatusCode::OK,
            "anybody, by the long word",
        ),
    ];
    for (text, status, what) in cases {
        let door = door();
        load(&door, &text);
        let (got, said) = asked(&door).await;
        let refused = got == StatusCode::BAD_GATEWAY || got == StatusCode::SERVICE_UNAVAILABLE;
        assert!(if status == StatusCode::OK { got == status } else { refused }, "{what}: {got} {said}");
    }
    assert_eq!(served.connections.load(Ordering::SeqCst), 0);
}

/// The upstream asks for a certificate of its authority.
#[tokio::test]
async fn a_client_certificate_is_shown_where_one_is_asked_for() {
    let elsewhere = Elsewhere::new("localhost");
    let door_files = elsewhere.authority.node("door", &["localhost".to_owned()], 10, Overwrite::Refuse).unwrap().files;
    let far = elsewhere.authority.node("far", &["localhost".to_owned()], 10, Overwrite::Refuse).unwrap().files;
    let served = serve(NodeTls::load(&elsewhere.ca(), far).unwrap().server()).await;
    let path = |path: &Path| format!("{:?}", path.to_str().unwrap());
    let own = format!("client_certificate = {}, client_key = {}", path(&door_files.certificate), path(&door_files.key));
    let with = door();
    load(&with, &file("localhost", served.address, &format!("{{ {}, {own} }}", ca(&elsewhere.ca()))));
    assert_eq!(asked(&with).await, (StatusCode::OK, "HTTP/2.0".to_owned()));
    let without = door();
    load(&without, &file("localhost", served.address, &format!("{{ {} }}", ca(&elsewhere.ca()))));
    assert_ne!(asked(&without).await.0, StatusCode::OK);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_faults_and_the_old_goes_on() {
    let elsewhere = Elsewhere::new("localhost");
    let served = elsewhere.serve(&["h2"]).await;
    let door = door();
    let good = file("localhost", served.address, &format!("{{ {} }}", ca(&elsewhere.ca())));
    load(&door, &good);
    let junk = elsewhere.folder.path().join("junk.pem");
    std::fs::write(&junk, "nothing").unwrap();
    let faults = |tls: &str| {
        let faults = door.edge.load(&file("localhost", served.address, tls), &Known::default()).unwrap_err();
        faults.iter().map(|fault| format!("{} {}", fault.key, fault.reason)).collect::<Vec<_>>().join("; ")
    };
    assert!(faults("{ ca_file = \"/nowhere/ca.pem\" }").starts_with("upstreams.far.tls cannot read /nowhere/ca.pem"));
    assert!(faults(&format!("{{ {} }}", ca(&junk))).contains("holds no certificate"));
    assert!(faults("{ client_certificate = \"a.pem\" }").contains("upstreams.far.tls has one of"));
    assert!(faults("{ certificate_check = \"none\" }").contains("is not a word"));
    assert!(faults("{ insecure = true }").contains("is not known here"));
    assert_eq!(asked(&door).await.0, StatusCode::OK);
    // The file goes away after it was read: what was read goes on, until the file of routes is read again.
    std::fs::remove_file(elsewhere.ca()).unwrap();
    door.edge.reload();
    assert_eq!(asked(&door).await.0, StatusCode::OK);
    assert!(door.edge.load(&good, &Known::default()).is_err());
}

#[test]
fn the_api_names_no_files_of_the_machine() {
    let door = door();
    for key in ["ca_file", "client_certificate"] {
        let definition =
            json!({ "endpoints": ["https://a.example"], "tls": { key: "/etc/passwd", "client_key": "/etc/shadow" } });
        let entry =
            StoredEntry { kind: EntryKind::Upstream, name: "a".to_owned(), definition: definition.as_object().unwrap().clone() };
        let refusals = door.edge.check_stored(&[entry], &Known::default());
        assert!(!refusals.is_empty() && refusals[0].key.starts_with("tls"), "{refusals:?}");
        assert!(!refusals[0].reason.contains("cannot read"), "{refusals:?}");
    }
}
