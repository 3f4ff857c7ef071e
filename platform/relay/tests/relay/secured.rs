//! Brokers that want to know who comes, and that show who they are.

use std::path::PathBuf;
use std::sync::Arc;

use banyan_events::log::Sink;
use banyan_kernel::{Ids, OsRandom, Secret, SystemClock};
use banyan_relay::{NatsOptions, NatsSink, RabbitOptions, RabbitSink, RedisOptions, RedisSink};
use banyan_store::{EngineKind, Store};
use banyan_testkit::{Bench, Broker};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer};
use serde_json::{Value, json};

use crate::things::{Process, STREAM, eventually, publish, store};

/// Certificates of an authority of the test's own, as files of the broker's folder.
struct Certificates {
    root: PathBuf,
    server: (PathBuf, PathBuf),
    client: (PathBuf, PathBuf),
}

impl Certificates {
    fn made_in(folder: &std::path::Path) -> Self {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let root_key = rcgen::KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.distinguished_name.push(DnType::CommonName, "an authority of this test");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let issuer = Issuer::new(root, root_key);
        let issue = |name: &str, usage: ExtendedKeyUsagePurpose| {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), name.to_owned()]).unwrap();
            params.extended_key_usages.push(usage);
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (write(&format!("{name}.crt"), &certificate.pem()), write(&format!("{name}.key"), &key.serialize_pem()))
        };
        Self {
            server: issue("server", ExtendedKeyUsagePurpose::ServerAuth),
            client: issue("client", ExtendedKeyUsagePurpose::ClientAuth),
            root: write("root.crt", &root_certificate.pem()),
        }
    }
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// Something new leaves.
async fn leaves(bench: &Bench, store: &Store, sink: Arc<dyn Sink>) {
    publish(store, bench.tenant, "a", 0..1).await;
    let process = Process::with(store, sink);
    process.done().await;
    assert_eq!(process.state().await.here.trouble, None);
    process.stop().await;
}

/// Something new does not leave; why.
async fn stays(bench: &Bench, store: &Store, sink: Arc<dyn Sink>) -> String {
    publish(store, bench.tenant, "a", 0..1).await;
    let process = Process::with(store, sink);
    eventually("it says what is wrong", async || process.state().await.here.trouble.is_some()).await;
    let trouble = process.state().await.here.trouble.unwrap();
    assert_ne!(process.state().await.lag, 0);
    process.stop().await;
    trouble
}

fn nats_at(url: &str) -> NatsOptions {
    NatsOptions::new(&Secret::new(url.to_owned()), STREAM, "banyan").unwrap()
}

fn nats(options: NatsOptions) -> Arc<dyn Sink> {
    Arc::new(NatsSink::new(options))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_by_tls_also_with_a_certificate_of_ours() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let mut broker = Broker::nats().called("tls", "");
    let files = Certificates::made_in(broker.folder());
    let plain = ["--tls", "--tlscert", text(&files.server.0), "--tlskey", text(&files.server.1)];
    broker = broker.with(&plain).started().await;
    let trusting = || {
        let mut options = nats_at(&broker.url());
        options.roots = Some(files.root.clone());
        options
    };
    leaves(&bench, &store, nats(trusting())).await;
    let trouble = stays(&bench, &store, nats(nats_at(&broker.url()))).await;
    assert!(trouble.to_lowercase().contains("certificate"), "{trouble}");
    let mut missing = trusting();
    missing.roots = Some("/nowhere/root.pem".into());
    let trouble = stays(&bench, &store, nats(missing)).await;
    assert!(trouble.contains("No such file"), "{trouble}");

    let mut asking = Broker::nats().called("tls", "");
    asking = asking.with(&plain).with(&["--tlsverify", "--tlscacert", text(&files.root)]).started().await;
    let mut known = nats_at(&asking.url());
    (known.roots, known.certificate) = (Some(files.root.clone()), Some(files.client.clone()));
    leaves(&bench, &store, nats(known)).await;
    let mut unknown = nats_at(&asking.url());
    unknown.roots = Some(files.root.clone());
    let trouble = stays(&bench, &store, nats(unknown)).await;
    assert!(trouble.contains("NATS at 127.0.0.1"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_by_password_and_by_token() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let broker = Broker::nats().with(&["--user", "banyan", "--pass", "right-one"]).started().await;
    let as_user = |login: &str| nats(nats_at(&format!("nats://{login}127.0.0.1:{}", broker.port())));
    leaves(&bench, &store, as_user("banyan:right-one@")).await;
    for login in ["banyan:wrong-one@", "other:right-one@", ""] {
        let trouble = stays(&bench, &store, as_user(login)).await;
        assert!(trouble.contains("authorization violation") && !trouble.contains("-one"), "{login}: {trouble}");
    }
    let broker = Broker::nats().with(&["--auth", "right-token"]).started().await;
    let with_token = |token: &str| {
        let mut options = nats_at(&broker.url());
        options.token = Some(Secret::new(token.to_owned()));
        nats(options)
    };
    leaves(&bench, &store, with_token("right-token")).await;
    let trouble = stays(&bench, &store, with_token("wrong-token")).await;
    assert!(trouble.contains("authorization violation") && !trouble.contains("-token"), "{trouble}");
}

/// The broker is given another password while the relay runs, and its own one back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_changed_is_told_and_forgiven() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let mut broker = Broker::nats().with(&["--user", "banyan", "--pass", "right-one"]).started().await;
    publish(&store, bench.tenant, "a", 0..1).await;
    let process = Process::with(&store, nats(nats_at(&format!("nats://banyan:right-one@127.0.0.1:{}", broker.port()))));
    process.done().await;
    broker.kill();
    broker.plain();
    broker = broker.with(&["--user", "banyan", "--pass", "another-one"]).started().await;
    publish(&store, bench.tenant, "a", 1..2).await;
    eventually("it says why", async || {
        process.state().await.here.trouble.is_some_and(|trouble| trouble.contains("authorization violation"))
    })
    .await;
    broker.kill();
    broker.plain();
    let _broker = broker.with(&["--user", "banyan", "--pass", "right-one"]).started().await;
    process.done().await;
    process.stop().await;
}

/// A token as NATS signs them: JWT with its own algorithm (`github.com/nats-io/jwt`, version 2).
fn signed(claims: &Value, by: &KeyPair) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "typ": "JWT", "alg": "ed25519-nkey" })), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(by.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

fn claims(name: &str, of: &KeyPair, by: &KeyPair, nats: &Value) -> Value {
    json!({ "jti": name, "iat": 1_700_000_000, "iss": by.public_key(), "sub": of.public_key(), "name": name, "nats": nats })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_by_a_credentials_file() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
    let operator_token = signed(&claims("o", &operator, &operator, &json!({ "type": "operator", "version": 2 })), &operator);
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
        "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1
    });
    let account_token = |name: &str, account: &KeyPair, limits: &Value| {
        let claims = claims(name, account, &operator, &json!({ "limits": limits, "type": "account", "version": 2 }));
        format!("{}: {}", account.public_key(), signed(&claims, &operator))
    };
    // JetStream wants an account of the broker's own, which has none of it.
    let system = KeyPair::new_account();
    let mut bare = limits.clone();
    for limit in ["mem_storage", "disk_storage", "streams", "consumer"] {
        bare[limit] = json!(0);
    }
    let broker = Broker::nats();
    let configuration = broker.folder().join("nats.conf");
    let (own, theirs) = (account_token("system", &system, &bare), account_token("a", &account, &limits));
    let settings = format!(
        "operator: {operator_token}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n{own}\n{theirs}\n}}\n",
        system.public_key()
    );
    std::fs::write(&configuration, settings).unwrap();
    let broker = broker.with(&["-c", text(&configuration)]).started().await;
    let with_credentials = |name: &str, by: &KeyPair| {
        let user = KeyPair::new_user();
        let nats_claims = json!({ "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2 });
        let token = signed(&claims(name, &user, by, &nats_claims), by);
        let seed = user.seed().unwrap();
        let file = broker.folder().join(format!("{name}.creds"));
        let content = format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        std::fs::write(&file, content).unwrap();
        let mut options = nats_at(&broker.url());
        options.credentials = Some(file);
        nats(options)
    };
    leaves(&bench, &store, with_credentials("banyan", &account)).await;
    let trouble = stays(&bench, &store, with_credentials("stranger", &KeyPair::new_account())).await;
    assert!(trouble.contains("authorization violation"), "{trouble}");
    let mut missing = nats_at(&broker.url());
    missing.credentials = Some("/nowhere/banyan.creds".into());
    let trouble = stays(&bench, &store, nats(missing)).await;
    assert!(trouble.contains("the credentials in /nowhere/banyan.creds cannot be read"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_by_tls_with_a_certificate_of_ours() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let broker = Broker::redis().called("rediss", "");
    let files = Certificates::made_in(broker.folder());
    let port = broker.port().to_string();
    let broker = broker.with(&["--port", "0", "--tls-port", &port, "--tls-ca-cert-file", text(&files.root)]);
    let broker =
        broker.with(&["--tls-cert-file", text(&files.server.0), "--tls-key-file", text(&files.server.1)]).started().await;
    let options = || RedisOptions::new(&Secret::new(broker.url()), "events:").unwrap();
    let mut known = options();
    (known.roots, known.certificate) = (Some(files.root.clone()), Some(files.client.clone()));
    leaves(&bench, &store, Arc::new(RedisSink::new(known))).await;
    let trouble = stays(&bench, &store, Arc::new(RedisSink::new(options()))).await;
    assert!(trouble.to_lowercase().contains("certificate"), "{trouble}");
    let mut unknown = options();
    unknown.roots = Some(files.root.clone());
    let trouble = stays(&bench, &store, Arc::new(RedisSink::new(unknown))).await;
    assert!(trouble.contains("Redis at 127.0.0.1"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_by_tls() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let store = store(&bench).await;
    let broker = Broker::rabbitmq();
    let files = Certificates::made_in(broker.folder());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let configuration = format!(
        "listeners.ssl.default = 127.0.0.1:{port}\nssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
         ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n",
        files.root.display(),
        files.server.0.display(),
        files.server.1.display()
    );
    let _broker = broker.configured(&configuration).started().await;
    let options = || RabbitOptions::new(&Secret::new(format!("amqps://127.0.0.1:{port}")), "banyan").unwrap();
    let sink = |options| Arc::new(RabbitSink::new(options, Ids::new(Arc::new(SystemClock), Arc::new(OsRandom))));
    let mut known = options();
    (known.roots, known.certificate) = (Some(files.root.clone()), Some(files.client.clone()));
    leaves(&bench, &store, sink(known)).await;
    let trouble = stays(&bench, &store, sink(options())).await;
    assert!(trouble.contains("RabbitMQ at 127.0.0.1"), "{trouble}");
}
