//! Finding instances: registry over HTTP, health checks, rules that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use banyan_kernel::{OsRandom, SystemClock};
use banyan_mesh::caller::{ClusterSecret, Signer, Verifier};
use banyan_mesh::discovery::Sources;
use banyan_mesh::registry::{self, MemoryRegistry, REGISTRY, Registration, RegistryError, RegistryStore, RemoteRegistry};
use banyan_mesh::{Balance, Call, Checked, Discovery, HealthCheck, InstanceHealth, Mesh, Retry, Upstream};
use http::StatusCode;

use crate::fixture::{SOON, Served, get, mesh, serve, text, until, upstream};

fn secret(byte: u8) -> ClusterSecret {
    ClusterSecret::new(&[byte; 32]).unwrap()
}

fn registration(id: &str, served: &Served) -> Registration {
    Registration {
        id: id.into(),
        services: vec!["goals".into()],
        address: format!("http://{}", served.address),
        region: "id-jk".into(),
        data_centre: "jkt-1".into(),
        load: Some(0.25),
        weight: 2,
        version: "1.0".into(),
    }
}

fn remote_registry(mesh: &Mesh, registry: &Served, byte: u8) -> RemoteRegistry {
    let signer = Signer::new(REGISTRY, &secret(byte), Arc::new(SystemClock), Arc::new(OsRandom));
    let rules = Upstream { caller: Some(Arc::new(signer)), ..upstream(&[registry.address]) };
    RemoteRegistry::new(mesh.declare(REGISTRY, rules).unwrap())
}

async fn serve_registry() -> (Served, Arc<MemoryRegistry>) {
    let store = Arc::new(MemoryRegistry::new(Arc::new(SystemClock)));
    let verifier = Verifier::new(REGISTRY, &[secret(1)], Arc::new(SystemClock)).remembering(1_000);
    let router = registry::router(store.clone(), Arc::new(verifier));
    (serve(router).await, store)
}

fn naming(name: &'static str) -> Router {
    Router::new().fallback(move || async move { name })
}

#[tokio::test]
async fn an_instance_registers_is_found_called_and_gone() {
    let (registry, _store) = serve_registry().await;
    let goals = serve(naming("goals")).await;
    let mesh = mesh();
    let remote = remote_registry(&mesh, &registry, 1);
    remote.put(&registration("goals-a", &goals), registry::HOLDS).await.unwrap();
    let sources = Sources { registry: Some(Arc::new(remote.clone())), resolver: None };
    let maintenance = tokio::spawn(mesh.clone().maintain(sources));
    let service = mesh.declare("goals", Upstream { discovery: Discovery::Registry, ..Upstream::default() }).unwrap();
    until("it is found", || service.is_available()).await;
    let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
    assert_eq!(answer.instance.as_str(), "goals-a");
    assert_eq!(text(answer.response.into_body()).await, "goals");
    let report = service.report().instances.remove(0);
    assert_eq!((report.region.as_str(), report.data_centre.as_str(), report.weight), ("id-jk", "jkt-1", 2));
    remote.remove("goals-a").await.unwrap();
    until("it is gone", || service.report().instances.is_empty()).await;
    maintenance.abort();
}

#[tokio::test]
async fn a_registry_believes_nobody_without_the_secret_and_no_other_body() {
    let (registry, store) = serve_registry().await;
    let goals = serve(naming("goals")).await;
    let stranger = remote_registry(&mesh(), &registry, 2);
    let refused = stranger.put(&registration("evil", &goals), registry::HOLDS).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Refused(StatusCode::UNAUTHORIZED)), "{refused}");
    assert!(matches!(stranger.list("goals").await.unwrap_err(), RegistryError::Refused(StatusCode::UNAUTHORIZED)));
    let mesh = mesh();
    let plain = mesh.declare("plain", upstream(&[registry.address])).unwrap();
    for path in ["/mesh/v1/register", "/mesh/v1/deregister"] {
        let request = http::Request::builder().method("POST").uri(path).body("{}".into()).unwrap();
        let answer = plain.send(request, Call::within(SOON)).await.unwrap();
        assert_eq!(answer.response.status(), StatusCode::UNAUTHORIZED);
    }
    // Signed without the digest of its body: anybody on the way could have put in another one.
    let signer = Signer::new(REGISTRY, &secret(1), Arc::new(SystemClock), Arc::new(OsRandom));
    let signing = mesh.declare("signing", Upstream { caller: Some(Arc::new(signer)), ..upstream(&[registry.address]) }).unwrap();
    let body = serde_json::to_string(&registration("evil", &goals)).unwrap();
    let request = http::Request::builder().method("POST").uri("/mesh/v1/register").body(body.into()).unwrap();
    assert_eq!(signing.send(request, Call::within(SOON)).await.unwrap().response.status(), StatusCode::UNAUTHORIZED);
    assert!(matches!(store.list("goals").await, Err(RegistryError::Young)), "nobody was ever there");
}

#[tokio::test]
async fn checks_take_an_instance_out_and_back_in() {
    let well = Arc::new(AtomicBool::new(true));
    let asked = well.clone();
    let health = move || {
        let asked = asked.clone();
        async move { if asked.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE } }
    };
    let one = serve(Router::new().route("/healthz", any(health)).fallback(|| async { "one" })).await;
    let two = serve(naming("two")).await;
    let check = HealthCheck { interval: Duration::from_millis(100), ..HealthCheck::of("/healthz") };
    let rules = Upstream { health: Some(check), balance: Balance::RoundRobin, ..upstream(&[one.address, two.address]) };
    let mesh = mesh();
    let service = mesh.declare("pair", rules.clone()).unwrap();
    let maintenance = tokio::spawn(mesh.clone().maintain(Sources::default()));
    let first = || service.report().instances.into_iter().find(|instance| instance.address == one.address.to_string()).unwrap();
    until("it is checked", || first().checked == Checked::Healthy).await;
    well.store(false, Ordering::SeqCst);
    until("it is out", || first().health == InstanceHealth::Down).await;
    for _ in 0..10 {
        assert_eq!(text(service.send(get("/"), Call::within(SOON)).await.unwrap().response.into_body()).await, "two");
    }
    // Rules without checks must not leave it out for ever.
    let unchecked = upstream(&[one.address, two.address]);
    mesh.declare("pair", unchecked).unwrap();
    assert_eq!((first().checked, first().health), (Checked::Unknown, InstanceHealth::Up));
    mesh.declare("pair", rules).unwrap();
    until("it is out again", || first().health == InstanceHealth::Down).await;
    well.store(true, Ordering::SeqCst);
    until("it is back", || first().checked == Checked::Healthy).await;
    assert!(first().share < 1.0, "and starts slowly");
    maintenance.abort();
}

#[tokio::test]
async fn rules_and_instances_change_without_losing_what_is_known() {
    let (one, two) = (serve(naming("one")).await, serve(naming("two")).await);
    let mesh = mesh();
    let service = mesh.declare("pair", upstream(&[one.address])).unwrap();
    for _ in 0..5 {
        text(service.send(get("/"), Call::within(SOON)).await.unwrap().response.into_body()).await;
    }
    mesh.declare("pair", Upstream { balance: Balance::Weighted, retry: Retry::never(), ..upstream(&[one.address, two.address]) })
        .unwrap();
    let report = service.report();
    assert_eq!((report.balance, report.instances.len(), report.instances[0].calls), ("weighted", 2, 5));
    assert!(
        (report.instances[0].share - 1.0).abs() < 1e-9 && report.instances[1].share < 0.5,
        "who joins starts slowly: {report:?}"
    );
    assert_eq!(one.count(), 1, "the connection is kept");
    mesh.retire("pair");
    assert!(mesh.service("pair").is_none() && service.report().instances.is_empty());
    let wrong = mesh.declare("pair", Upstream { retry: Retry { tries: 0, ..Retry::default() }, ..upstream(&[]) }).unwrap_err();
    assert_eq!(wrong.field, "retry.tries");
    assert!(mesh.service("pair").is_none());
    let https = upstream(&[]);
    let endpoint = banyan_mesh::Endpoint::new("https://a.example".parse().unwrap());
    let wrong = mesh.declare("pair", Upstream { discovery: Discovery::Static(vec![endpoint]), ..https }).unwrap_err();
    assert_eq!(wrong.to_string(), "upstream `pair`, `tls`: `https` needs certificates to trust; give the table `tls`");
}

/// A name server that knows one host and one service.
async fn name_server() -> std::net::SocketAddr {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut bytes = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let answer = answer_to(&bytes[..length]);
            let _ = socket.send_to(&answer, from).await;
        }
    });
    address
}

/// RFC 1035 §4: the question again, and records whose name points at it.
fn answer_to(query: &[u8]) -> Vec<u8> {
    let name_end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let kind = u16::from_be_bytes([query[name_end], query[name_end + 1]]);
    let data: Option<&[u8]> = match kind {
        1 => Some(&[127, 0, 0, 1]),
        33 => Some(b"\x00\x01\x00\x05\x1f\x90\x05goals\x08internal\x00"),
        _ => None,
    };
    let mut answer = query[..2].to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
    answer.extend(&query[12..name_end + 4]);
    if let Some(data) = data {
        answer.extend([0xc0, 0x0c]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 42, 0, u8::try_from(data.len()).unwrap()]);
        answer.extend(data);
    }
    answer
}

#[tokio::test]
async fn name_servers_are_really_asked() {
    use banyan_mesh::discovery::{DnsResolver, Resolve};
    let resolver = DnsResolver::of_servers(&[name_server().await]).unwrap();
    let found = resolver.addresses("goals.internal.").await.unwrap();
    assert_eq!(found.records, ["127.0.0.1".parse::<std::net::IpAddr>().unwrap()]);
    assert!((35..=42).contains(&found.time_to_live.as_secs()), "as the record says: {found:?}");
    let found = resolver.services("_goals._tcp.internal.").await.unwrap();
    let record = &found.records[0];
    assert_eq!((record.host.as_str(), record.port, record.priority, record.weight), ("goals.internal.", 8080, 1, 5));
    assert!((35..=42).contains(&found.time_to_live.as_secs()), "{found:?}");
}
