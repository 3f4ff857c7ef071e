//! TLS to a real PostgreSQL with a certificate of our own making.

use banyan_kernel::Secret;
use banyan_store::{Engine, PostgresAddress, PostgresOptions};
use banyan_testkit::PostgresServer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority with a certificate for a server, as PEM.
struct Authority {
    root: String,
    certificate: String,
    key: String,
}

impl Authority {
    fn new(name: &str, host: &str) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.distinguished_name.push(DnType::CommonName, name);
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        Self { root: root_certificate.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A server with TLS. It looks for its files from its data directory on, but for `hba` from where it was started.
fn with_tls(authority: &Authority, hba: Option<&str>) -> PostgresServer {
    let mut files =
        vec![("server.crt", &*authority.certificate), ("server.key", &*authority.key), ("root.crt", &*authority.root)];
    let mut options = "-c ssl=on -c ssl_cert_file=../server.crt -c ssl_key_file=../server.key".to_owned();
    if let Some(hba) = hba {
        files.push(("hba", hba));
        options.push_str(" -c ssl_ca_file=../root.crt -c hba_file=hba");
    }
    PostgresServer::start(&files, &options)
}

/// Whether the connection is encrypted; or why there is none.
async fn encrypted(url: &str) -> Result<bool, String> {
    let address = PostgresAddress::parse(&Secret::new(url.to_owned())).map_err(|error| error.to_string())?;
    let explain = |error: Option<tokio_postgres::Error>| match error {
        Some(error) => format!("{error}: {}", std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()),
        None => "silence".to_owned(),
    };
    let client = address.connect().await.map_err(explain)?;
    let row = client.query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).await.unwrap();
    // The pool goes the same way.
    let options = PostgresOptions::new(url);
    Engine::postgres(options).await.map_err(|error| error.to_string())?;
    Ok(row.get(0))
}

#[tokio::test]
async fn a_server_proves_itself_as_far_as_the_url_asks() {
    let authority = Authority::new("ours", "localhost");
    let cluster = with_tls(&authority, None);
    let root = cluster.file("sslrootcert", "root.crt");
    let other = Authority::new("another", "localhost");
    cluster.write("other.crt", &other.root);
    let wrong = cluster.file("sslrootcert", "other.crt");

    for (host, parameters, expected) in [
        ("localhost", "sslmode=disable".to_owned(), false),
        ("localhost", String::new(), false),
        ("127.0.0.1", "sslmode=prefer".to_owned(), true),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", format!("sslmode=verify-ca&{root}"), true),
        ("127.0.0.1", format!("sslmode=require&{root}"), true),
        ("localhost", format!("sslmode=verify-full&{root}"), true),
        ("localhost", root.clone(), true),
    ] {
        assert_eq!(encrypted(&cluster.url(host, &parameters)).await, Ok(expected), "{host} {parameters}");
    }
    for (host, parameters, words) in [
        ("localhost", format!("sslmode=verify-full&{wrong}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=verify-ca&{wrong}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=require&{wrong}"), "UnknownIssuer"),
        ("localhost", "sslmode=verify-full".to_owned(), "UnknownIssuer"),
        ("127.0.0.1", format!("sslmode=verify-full&{root}"), "not valid for name"),
        ("127.0.0.1", root.clone(), "not valid for name"),
    ] {
        let error = encrypted(&cluster.url(host, &parameters)).await.unwrap_err();
        assert!(error.contains(words) && !error.contains("this test"), "{host} {parameters}: {error}");
    }
}

#[tokio::test]
async fn a_server_may_ask_for_a_certificate_of_ours() {
    let authority = Authority::new("ours", "localhost");
    let cluster = with_tls(&authority, Some("hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n"));
    let root = cluster.file("sslrootcert", "root.crt");
    let own = format!("{root}&{}&{}", cluster.file("sslcert", "server.crt"), cluster.file("sslkey", "server.key"));
    assert_eq!(encrypted(&cluster.url("localhost", &own)).await, Ok(true));
    assert!(encrypted(&cluster.url("localhost", &root)).await.is_err());
    assert!(encrypted(&cluster.url("localhost", "sslmode=disable")).await.is_err());
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_it_is_required() {
    let cluster = PostgresServer::start(&[], "");
    assert_eq!(encrypted(&cluster.url("127.0.0.1", "sslmode=prefer")).await, Ok(false));
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = encrypted(&cluster.url("127.0.0.1", &format!("sslmode={mode}"))).await.unwrap_err();
        assert!(error.contains("does not support TLS"), "{mode}: {error}");
    }
}
